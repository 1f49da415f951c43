import type { z } from 'zod';
import {
  captionsRequestSchema,
  captionsResponseSchema,
  classifyRequestSchema,
  classifyResponseSchema,
  collectionsResponseSchema,
  searchRequestSchema,
  searchResponseSchema,
} from '../../src/http/api.ts';
import type { SearchRequest } from '../../src/http/api.ts';

export interface FakeItem {
  readonly id: string;
  readonly title: string;
  readonly set: string;
  readonly svg: string;
}

export type Fields = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  /** JSON, or a string with an SVG. */
  readonly body: object | string;
}

const common = {
  index: { collection: 'pictograms', version: '20261121-0930', model: 'pictogram' },
  timings: { load: 0, encode: 2, search: 1, total: 3 },
  encoder: 'edge',
} as const;

const effort = { approximate: true, efSearch: 101, annRecallAt10: 0.99 };

/**
 * Answers in the shapes of src/http/api.ts; it throws for a request that the schemas there refuse.
 * `broken server` fails, and `nothing` finds nothing. Other words find the titles that contain them,
 * or all titles if none does.
 */
export function answerOf(path: string, fields: Fields, items: readonly FakeItem[]): Answer {
  const { image, ...others } = fields;
  if (path === '/v1/search') {
    const request = searchRequestSchema.parse(others);
    if (request.collection === 'gone') return failed('unknown_collection', 'gone: not published.');
    if (request.text === 'broken server') {
      return failed('index_unreadable', 'image.bin: expected magic <DPTX>, got 0000.');
    }
    return searchAnswer(request, image !== undefined, items);
  }
  if (path === '/v1/captions') {
    captionsRequestSchema.parse(others);
    const captions = ['a red circle', 'ball', '<i>round</i> thing'].map((text, rank) => {
      return { text, score: 0.4 - rank / 10, probability: 0.9 - rank / 10, items: [] };
    });
    return ok(captionsResponseSchema, { count: 3, captions, effort, ...common });
  }
  if (path === '/v1/classify') return classifyAnswer(others);
  if (path === '/v1/collections') {
    const model = { id: 'pictogram', hash: 'abc', embedDim: 256, imageSize: 48 };
    const rest = { version: '1', createdAt: '2026-11-21T09:30:00Z', model, captions: 3 };
    const collections = [
      { name: 'pictograms', items: 14903, ...rest },
      { name: 'photos', items: 120, ...rest },
    ];
    return ok(collectionsResponseSchema, { collections });
  }
  const item = items.find(({ id }) => path === imageUrlOf(id));
  return item ? { status: 200, body: item.svg } : failed('not_found', `Nothing is at ${path}.`);
}

const imageUrlOf = (id: string) => `/v1/images/${encodeURIComponent(id)}`;

function searchAnswer(
  request: SearchRequest,
  isImage: boolean,
  items: readonly FakeItem[],
): Answer {
  const { text = '', id, limit, cursor, mode } = request;
  const hits = items.filter(({ title }) => text !== '' && title.includes(text));
  const others = id === undefined ? items : items.filter((item) => item.id !== id).toReversed();
  const found = text === 'nothing' ? [] : hits.length > 0 ? hits : others;
  const from = Number(cursor ?? 0);
  const page = found.slice(from, from + limit);
  const next = from + page.length;
  return ok(searchResponseSchema, {
    count: page.length,
    matches: page.map((item, rank) => ({
      id: item.id,
      score: 0.5 - rank / 100,
      probability: 0.9 - rank / 100,
      metadata: { title: item.title, set: item.set, imageUrl: imageUrlOf(item.id) },
    })),
    nextCursor: next < found.length ? String(next) : null,
    mode: mode ?? (isImage || id !== undefined ? 'vector' : 'hybrid'),
    effort: mode === 'keyword' ? null : effort,
    ...common,
  });
}

/** Prefers the label `red ball`, or `sport` if there is no `red ball`. */
function classifyAnswer(fields: Fields): Answer {
  const { labels = [] } = classifyRequestSchema.parse(fields);
  const favourite = labels.includes('red ball') ? 'red ball' : 'sport';
  const scores = labels.map((label) => {
    const probability = label === favourite ? 0.64 : 0.36 / (labels.length - 1);
    return { label, score: probability / 2, probability };
  });
  return ok(classifyResponseSchema, { count: scores.length, labels: scores, ...common });
}

function ok<T extends z.ZodType>(schema: T, body: z.input<T>): Answer {
  return { status: 200, body: schema.parse(body) as object };
}

function failed(code: string, message: string): Answer {
  return { status: 500, body: { error: { code, message } } };
}
