/**
 * Measure the memory of a data set's keyword index: `npx tsx --expose-gc scripts/keyword-heap.ts
 * [DATA]`. It prints the factor `keywordHeapFactor` of src/search/keywords/keyword-index.ts.
 */
import { openDataset } from '../gpu-embedder/data/prepared/read-dataset.ts';
import { keywordDocs } from '../src/search/keywords/keyword-docs.ts';
import {
  buildKeywordIndex,
  loadKeywordIndex,
  type KeywordDoc,
} from '../src/search/keywords/keyword-index.ts';

const dataset = openDataset(process.argv[2] ?? '.diptych/data/pictograms-demo');
const { gc } = globalThis;
if (gc === undefined) throw new Error('keyword-heap: run node with --expose-gc');

/** Count the bytes of objects and typed arrays that are still in use. */
function usedBytes(): number {
  gc?.();
  gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const docs = keywordDocs(dataset.items, dataset.concepts);

/** Load the index of these groups and report its memory and time. */
function measure(groups: readonly KeywordDoc[]): string {
  const { json } = buildKeywordIndex(groups);
  const before = usedBytes();
  const started = performance.now();
  const index = loadKeywordIndex(json);
  const loadMs = performance.now() - started;
  const heap = usedBytes() - before;
  const bytes = Buffer.byteLength(json);
  return `${index.groups} groups, JSON ${(bytes / 1e6).toFixed(2)} MB, heap ${(heap / 1e6).toFixed(2)} MB, factor ${(heap / bytes).toFixed(2)}, loaded in ${loadMs.toFixed(0)} ms`;
}

const english = docs.map((doc) => ({ ...doc, other: [] }));
for (const [texts, groups] of Object.entries({ 'all languages': docs, English: english })) {
  // The first round is a warm-up: the memory of compiled code must not be counted.
  measure(groups);
  process.stdout.write(`${texts}: ${measure(groups)}\n`);
}
