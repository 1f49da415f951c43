/**
 * How well does keyword search find pictures by pseudo-captions? The script hides the names of a
 * pictogram set, captions its pictures from the other sets of the training split, and searches for
 * words that people type (a random CLDR keyword of a random emoji):
 *
 *     node --import tsx scripts/evaluate-pseudo-captions.ts
 *     node --import tsx scripts/evaluate-pseudo-captions.ts --set twemoji,noto --temperature 0.1,0.25
 *
 * Choose settings on training sets; the measured set is always left out of the source.
 */
import { Command } from 'commander';
import { describingTexts } from '../gpu-embedder/measure/caption-corpus/captioned-items.ts';
import { embedSides } from '../gpu-embedder/measure/caption-corpus/embed-sides.ts';
import {
  findNeighbours,
  suggestCaptions,
  type Neighbourhoods,
} from '../gpu-embedder/measure/caption-corpus/suggest-captions.ts';
import { defaultSettings } from '../gpu-embedder/measure/caption-corpus/suggestion-settings.ts';
import type { SuggestionSettings } from '../gpu-embedder/measure/caption-corpus/suggestion-settings.ts';
import type { Item } from '../gpu-embedder/data/prepared/prepared.ts';
import { openDataset } from '../gpu-embedder/data/prepared/read-dataset.ts';
import { hashModel, readModelFiles } from '../gpu-embedder/common/model-folder/model-files.ts';
import { subGallery, type Gallery } from '../gpu-embedder/measure/embeddings/gallery.ts';
import {
  drawKeywordQueries,
  type KeywordQuery,
} from '../gpu-embedder/measure/queries/keyword-queries.ts';
import { DiptychError } from '../src/errors.ts';
import { rankByKeywords } from '../src/search/fusion.ts';
import {
  buildKeywordIndex,
  loadKeywordIndex,
  type Suggestion,
} from '../src/search/keywords/keyword-index.ts';
import { normaliseText } from '../src/search/keywords/keyword-tokens.ts';

const numbers = (value: string) => value.split(',').map(Number);
const program = new Command('evaluate-pseudo-captions')
  .option('--model <dir>', 'model folder', 'models/pictogram')
  .option('--data <dir>', 'prepared corpus', '.diptych/data/pictograms')
  .option('--embeddings <dir>', 'embeddings of the whole corpus, as encode wrote them')
  .option('--set <names>', 'sets whose names are hidden, comma-separated', 'fluent-emoji-flat')
  .option('--neighbours <list>', 'values to try', numbers, [defaultSettings.neighbours])
  .option('--temperature <list>', 'values to try', numbers, [defaultSettings.temperature])
  .option('--min-confidence <list>', 'values to try', numbers, [defaultSettings.minConfidence])
  .option('--captions <list>', 'values to try', numbers, [defaultSettings.captions])
  .option('--threads <n>', 'threads of the model', Number)
  .option('--json', 'print the rows as JSON')
  .parse();
type Tried = { readonly [name in keyof SuggestionSettings]: readonly number[] };
const flags = program.opts<
  Tried & {
    model: string;
    data: string;
    embeddings?: string;
    set: string;
    threads?: number;
    json?: boolean;
  }
>();

interface Hidden {
  readonly set: string;
  readonly items: readonly Item[];
  readonly queries: readonly KeywordQuery[];
  readonly found: Neighbourhoods;
}

interface Row extends SuggestionSettings {
  readonly set: string;
  readonly hit1: number;
  readonly hit5: number;
  readonly captionsPerPicture: number;
  readonly indexBytesPerPicture: number;
  /** For each tenth of confidence: mean confidence, and share of captions that are right. */
  readonly calibration: readonly (readonly [stated: number, right: number])[];
}

const dataset = openDataset(flags.data);
const hash = await hashModel(await readModelFiles(flags.model));
const { threads } = flags;
const sets = flags.set.split(',');
const training = ordinals((item) => item.split === 'train');
const pictures = ordinals((item) => sets.includes(item.set ?? ''));
const stored = flags.embeddings;
const embedded = await embedSides(
  { dir: flags.model, hash },
  {
    pictures: { dataset, items: pictures, stored },
    captioned: { dataset, items: training, stored },
  },
  { threads },
);
const rows: Row[] = [];
for (const set of sets) {
  const hidden = await hide(set);
  for (const settings of combinations()) rows.push(await measure(hidden, settings));
}
process.stdout.write(flags.json ? `${JSON.stringify(rows)}\n` : table(rows));

function ordinals(accepts: (item: Item) => boolean): number[] {
  return [...dataset.items.keys()].filter((ordinal) => accepts(dataset.items[ordinal]));
}

/** Hide the names of a set, draw queries for it, and find its neighbours in the other sets. */
async function hide(set: string): Promise<Hidden> {
  const own = take(embedded.pictures, (item) => item.set === set);
  const others = take(embedded.captioned, (item) => item.set !== set);
  const items = own.items.map((ordinal) => dataset.items[ordinal]);
  if (items.length === 0)
    throw new DiptychError('not_prepared', `${flags.data}: has no set ${set}`);
  // A validation set has the 200 queries of evaluate-hybrid.ts; settings are chosen on others.
  const [count, seed] = items[0].split === 'validation' ? [200, 2] : [1000, 1];
  const concepts = items.flatMap(({ concept }) => concept ?? []);
  return {
    set,
    items,
    queries: await drawKeywordQueries(dataset, concepts, count, seed),
    found: await findNeighbours(own, others, Math.max(...flags.neighbours), threads),
  };
}

function take(from: Gallery, accepts: (item: Item) => boolean): Gallery {
  return subGallery(
    from,
    from.items.filter((ordinal) => accepts(dataset.items[ordinal])),
  );
}

function* combinations(): Generator<SuggestionSettings> {
  for (const neighbours of flags.neighbours)
    for (const temperature of flags.temperature)
      for (const minConfidence of flags.minConfidence)
        for (const captions of flags.captions)
          yield { neighbours, temperature, minConfidence, captions };
}

/** Caption the pictures, index only these captions, and search. */
async function measure(
  { set, items, queries, found }: Hidden,
  settings: SuggestionSettings,
): Promise<Row> {
  const suggested = suggestCaptions(found, settings);
  const docs = suggested.map((one, i) => ({
    items: [i],
    names: [],
    tags: [],
    other: [],
    suggested: one,
  }));
  const { json } = buildKeywordIndex(docs);
  const index = loadKeywordIndex(json);
  const answers = await Promise.all(
    queries.map(async ({ text, concepts }) => {
      const ranked = await rankByKeywords(index, text, 5);
      return ranked.map(({ id }) => concepts.has(items[id].concept ?? ''));
    }),
  );
  const share = (k: number) =>
    answers.filter((right) => right.slice(0, k).includes(true)).length / queries.length;
  return {
    set,
    ...settings,
    hit1: share(1),
    hit5: share(5),
    captionsPerPicture: suggested.flat().length / items.length,
    indexBytesPerPicture: json.length / items.length,
    calibration: calibrate(items, suggested),
  };
}

/** Compare confidences with the share of captions among the emoji's own annotations. */
function calibrate(items: readonly Item[], suggested: readonly (readonly Suggestion[])[]) {
  const tenths = Array.from({ length: 10 }, () => ({ count: 0, stated: 0, right: 0 }));
  for (const [i, item] of items.entries()) {
    const own = describingTexts(dataset, item);
    for (const { text, confidence } of suggested[i]) {
      const tenth = tenths[Math.min(9, Math.floor(10 * confidence))];
      tenth.count += 1;
      tenth.stated += confidence;
      if (own.has(normaliseText(text))) tenth.right += 1;
    }
  }
  return tenths
    .filter(({ count }) => count > 0)
    .map(({ count, stated, right }) => [stated / count, right / count] as const);
}

function table(all: readonly Row[]): string {
  const titles = [
    'neighbours',
    'temperature',
    'min',
    'captions',
    'hit@1',
    'hit@5',
    'given',
    'bytes',
  ];
  const cells = (row: Row) => [
    `${row.neighbours}`,
    `${row.temperature}`,
    `${row.minConfidence}`,
    `${row.captions}`,
    row.hit1.toFixed(3),
    row.hit5.toFixed(3),
    row.captionsPerPicture.toFixed(1),
    row.indexBytesPerPicture.toFixed(0),
  ];
  const line = (name: string, values: readonly string[]) =>
    `${name.padEnd(18)}${values.map((value) => value.padStart(12)).join('')}\n`;
  const last = all[all.length - 1];
  const calibration = last.calibration.map((pair) => pair.map((x) => x.toFixed(2)).join(' > '));
  return (
    line('set', titles) +
    all.map((row) => line(row.set, cells(row))).join('') +
    `\nconfidence > share that is right, ${last.set}, last row: ${calibration.join(', ')}\n`
  );
}
