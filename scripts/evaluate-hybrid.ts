/**
 * Compare vector, keyword and hybrid search on words that people type, and choose the weight of
 * the vector side: `npx tsx scripts/evaluate-hybrid.ts --help`.
 *
 * There are two kinds of index. In `annotated`, as in the demo, the query is one of the annotations
 * of its emoji; in `held out` it is removed, as if no annotator had thought of the word. The weight
 * is chosen on a training set with its own queries; the table shows the validation set.
 */
import { Command } from 'commander';
import { openDataset, type PreparedDataset } from '../gpu-embedder/data/prepared/read-dataset.ts';
import { loadModel, type EmbeddingModel } from '../gpu-embedder/embed/load-model.ts';
import { embedItems } from '../gpu-embedder/measure/embeddings/embed-items.ts';
import {
  drawKeywordQueries,
  type KeywordQuery,
} from '../gpu-embedder/measure/queries/keyword-queries.ts';
import { fusionWeights, type FusionWeights } from '../src/version/fusion-weights.ts';
import { rankByKeywords, rankHybrid } from '../src/search/fusion.ts';
import { keywordDocs } from '../src/search/keywords/keyword-docs.ts';
import {
  buildKeywordIndex,
  loadKeywordIndex,
  type KeywordIndex,
} from '../src/search/keywords/keyword-index.ts';

const grid = [0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4, 1];
const kinds = ['annotated', 'held out'] as const;
const nearestCount = 100;

type Kind = (typeof kinds)[number];
/** Answers of one mode: the concepts of the first five items, for each query. */
type Answers = readonly (readonly (string | undefined)[])[];

interface Setting {
  readonly queries: readonly KeywordQuery[];
  /** Concept of each item of the gallery. */
  readonly concepts: readonly (string | undefined)[];
  /** Cosines of each query with the gallery. */
  readonly cosines: readonly Float32Array[];
  readonly indexes: Readonly<Record<Kind, KeywordIndex>>;
  readonly measured: FusionWeights;
}

const program = new Command('evaluate-hybrid')
  .option('--model <dir>', 'model folder', 'models/pictogram')
  .option('--data <dir>', 'prepared corpus', '.diptych/data/pictograms')
  .option('--train-set <name>', 'gallery on which the weight is chosen', 'twemoji')
  .option('--validation-set <name>', 'gallery of the table', 'fluent-emoji-flat')
  .option('--json', 'print the rows as JSON')
  .parse();
const flags = program.opts<{
  model: string;
  data: string;
  trainSet: string;
  validationSet: string;
  json?: boolean;
}>();

const dataset = openDataset(flags.data);
const model = await loadModel(flags.model);
const training = await prepareSetting(dataset, model, flags.trainSet, 400, 1);
const weights = await Promise.all(
  grid.map(async (vector) => ({ vector, rows: await rowsOf(training, vector, ['hybrid']) })),
);
const floor = Math.max(...weights[0].rows.map((row) => (row.kind === 'annotated' ? row.hit1 : 0)));
const chosen = weights
  .filter(({ rows }) => rows.every((row) => row.kind !== 'annotated' || row.hit1 >= floor))
  .reduce((best, one) => (total(one.rows) > total(best.rows) ? one : best));
const validation = await prepareSetting(dataset, model, flags.validationSet, 200, 2);
const rows = await rowsOf(validation, chosen.vector, ['vector', 'keyword', 'hybrid']);
await model.dispose();

if (flags.json) {
  process.stdout.write(`${JSON.stringify({ weights, chosen: chosen.vector, rows })}\n`);
} else {
  const line = (row: Row) =>
    `${row.kind.padEnd(10)} ${row.mode.padEnd(8)} ${[row.hit1, row.hit5, row.same1, row.same5].map((x) => x.toFixed(3).padStart(7)).join('')}\n`;
  const header = `${' '.repeat(20)}  hit@1  hit@5 same@1 same@5\n`;
  process.stdout.write(
    `hit: an emoji with that CLDR keyword; same: the emoji that the query was drawn for\n\n` +
      weights
        .map(({ vector, rows: tried }) => `weight ${vector}\n${tried.map(line).join('')}`)
        .join('') +
      `\n${flags.trainSet}: weight ${chosen.vector} is best\n\n` +
      `${flags.validationSet}, ${validation.queries.length} queries\n${header}` +
      rows.map(line).join(''),
  );
}

interface Row {
  readonly kind: Kind;
  readonly mode: 'vector' | 'keyword' | 'hybrid';
  readonly hit1: number;
  readonly hit5: number;
  readonly same1: number;
  readonly same5: number;
}

/** Embed a gallery and queries for it, and index its annotations with and without the queries. */
async function prepareSetting(
  dataset: PreparedDataset,
  model: EmbeddingModel,
  set: string,
  count: number,
  seed: number,
): Promise<Setting> {
  const ordinals = [...dataset.items.keys()].filter((i) => dataset.items[i].set === set);
  const items = ordinals.map((ordinal) => dataset.items[ordinal]);
  const concepts = items.map((item) => item.concept);
  const ids = concepts.filter((id) => id !== undefined);
  const queries = await drawKeywordQueries(dataset, ids, count, seed);
  const images = await embedItems(model, dataset, ordinals);
  const embedded = await model.embedTexts(queries.map(({ text }) => text));
  const dim = model.embedDim;
  const row = (all: Float32Array, i: number) => all.subarray(i * dim, (i + 1) * dim);
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, j) => sum + x * b[j], 0);
  const drawn = new Map<string, Set<string>>();
  for (const { concept, text } of queries) {
    drawn.set(concept, (drawn.get(concept) ?? new Set()).add(text.toLowerCase()));
  }
  const pools = new Map(
    [...dataset.concepts].map(([id, concept]) => {
      const keep = (texts: readonly string[]) =>
        texts.filter((text) => !drawn.get(id)?.has(text.toLowerCase()));
      const { names, keywords, languages } = concept;
      return [id, { names: keep(names), keywords: keep(keywords), languages }];
    }),
  );
  const indexOf = (all: Parameters<typeof keywordDocs>[1]) =>
    loadKeywordIndex(buildKeywordIndex(keywordDocs(items, all)).json);
  const names = ids.flatMap((id) => dataset.concepts.get(id)?.names.slice(0, 1) ?? []);
  return {
    queries,
    concepts,
    cosines: queries.map((_, q) =>
      Float32Array.from(items, (_item, i) => cosine(row(embedded, q), row(images, i))),
    ),
    indexes: { annotated: indexOf(dataset.concepts), 'held out': indexOf(pools) },
    measured: fusionWeights(await model.embedTexts(names), images, dim),
  };
}

function rowsOf(setting: Setting, vector: number, modes: readonly Row['mode'][]): Promise<Row[]> {
  const cases = kinds.flatMap((kind) => modes.map((mode) => ({ kind, mode })));
  return Promise.all(
    cases.map(async ({ kind, mode }) => ({
      ...{ kind, mode },
      ...share(setting, await answer(setting, kind, mode, vector)),
    })),
  );
}

function answer(setting: Setting, kind: Kind, mode: Row['mode'], vector: number): Promise<Answers> {
  const index = setting.indexes[kind];
  const answers = setting.queries.map(async ({ text }, q) => {
    const cosines = setting.cosines[q];
    const ids = [...cosines.keys()].sort((a, b) => cosines[b] - cosines[a]).slice(0, nearestCount);
    const scoreItems = (some: readonly number[]) => some.map((id) => cosines[id]);
    const nearest = { ids, scores: scoreItems(ids) };
    const ranked = await {
      vector: async () => ids.slice(0, 5).map((id) => ({ id })),
      keyword: () => rankByKeywords(index, text, 5),
      hybrid: () =>
        rankHybrid(index, text, nearest, scoreItems, { ...setting.measured, vector }, 5),
    }[mode]();
    return ranked.map(({ id }) => setting.concepts[id]);
  });
  return Promise.all(answers);
}

function share({ queries }: Setting, answers: Answers) {
  const part = (right: (query: KeywordQuery, concept: string) => boolean, k: number) =>
    answers.filter((found, q) =>
      found.slice(0, k).some((concept) => concept !== undefined && right(queries[q], concept)),
    ).length / queries.length;
  const same = (query: KeywordQuery, concept: string) => query.concept === concept;
  const hit = (query: KeywordQuery, concept: string) => query.concepts.has(concept);
  return { hit1: part(hit, 1), hit5: part(hit, 5), same1: part(same, 1), same5: part(same, 5) };
}

function total(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.hit1 + row.hit5, 0);
}
