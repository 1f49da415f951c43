import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { CaptionTable } from '../../../src/version/tables/caption-table.ts';
import type { ItemTable } from '../../../src/version/tables/item-table.ts';
import { annRecallAtK } from '../../../src/metrics/ann-recall.ts';
import { bestRank } from '../../../src/metrics/best-rank.ts';
import { recallAtK } from '../../../src/metrics/retrieval-recall.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import {
  comparedKs,
  comparedMetrics,
  type CompareRequest,
  type Comparison,
} from '../../../src/metrics/comparison.ts';
import { openCaptions, openItems } from '../../../src/search/open/open-version.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { openStoredVersion } from '../store/open-stored-version.ts';
import { openVersionVectors } from './open-version-vectors.ts';

/** How many captions are searched for at most. */
const mostPairs = 1000;
/** The overlap counts this many images of each search. */
const first = 10;

export interface CompareSettings {
  readonly signal?: AbortSignal;
  /** Called with the number of searches. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Compare how well two versions find their common images by their common captions. Only files are read,
 * and no model runs. Every image is scored, so the graphs have no influence. If there are many captions,
 * a sample is taken: those whose text has the smallest SHA-256, so that it is the same each time.
 *
 * @throws DiptychError not_found, index_unreadable
 */
export async function compareVersions(
  objects: ObjectStore,
  collection: string,
  { before, after, heldOut }: CompareRequest,
  { signal, onProgress = () => {} }: CompareSettings = {},
): Promise<Comparison> {
  const old = await readTexts(objects, collection, before);
  const next = await readTexts(objects, collection, after);
  const images = commonImages(old.items, next.items, heldOut);
  const captions = commonCaptions(old, next, images);
  const sample = captions.length <= mostPairs ? captions : drawn(captions);
  const about = {
    versions: { before, after },
    models: { before: old.files.manifest.model.hash, after: next.files.manifest.model.hash },
    ...{ pairs: sample.length, captions: captions.length, images: images.length },
    sets: heldOut ? [...heldOut] : null,
  };
  if (sample.length === 0) {
    return { ...about, overlapAt10: null, before: {}, after: {}, change: {} };
  }
  const found: Found[] = [];
  for (const [side, { files }] of [old, next].entries()) {
    found.push(
      await search(files, side, images, sample, (query) => {
        signal?.throwIfAborted();
        onProgress(side * sample.length + query + 1, 2 * sample.length);
      }),
    );
  }
  const recalls = found.map(({ ranks }) => recallAtK(ranks, comparedKs));
  return {
    ...about,
    overlapAt10: rounded(annRecallAtK(found[1].nearest, found[0].nearest, first)),
    before: named(recalls[0]),
    after: named(recalls[1]),
    change: named(recalls[1].map((recall, i) => rounded(recall - recalls[0][i]))),
  };
}

/** The ordinals of one image or caption in the version before and in the version after. */
type Ordinals = readonly [number, number];

interface Caption {
  readonly text: string;
  readonly ordinals: Ordinals;
  /** Positions of its images in the list of common images. */
  readonly answers: readonly number[];
}

interface Found {
  /** For each caption, how many wrong images come before the first right one. */
  readonly ranks: readonly number[];
  /** For each caption, the positions of the best images. */
  readonly nearest: readonly (readonly number[])[];
}

interface Texts {
  readonly files: VersionFiles;
  readonly items: ItemTable;
  readonly captions: CaptionTable;
}

async function readTexts(
  objects: ObjectStore,
  collection: string,
  version: string,
): Promise<Texts> {
  const files = await openStoredVersion(objects, collection, version);
  return { files, items: await openItems(files), captions: await openCaptions(files) };
}

function commonImages(old: ItemTable, next: ItemTable, sets?: readonly string[]): Ordinals[] {
  return next.ids.all().flatMap((id, ordinal) => {
    const earlier = old.find(id);
    const set = next.setOf(ordinal);
    const isCompared = !sets || (set !== undefined && sets.includes(set));
    return earlier !== undefined && isCompared ? [[earlier, ordinal]] : [];
  });
}

/** Find the captions that have a common image in both versions. */
function commonCaptions(old: Texts, next: Texts, images: readonly Ordinals[]): Caption[] {
  const positions = ([0, 1] as const).map(
    (side) => new Map(images.map((ordinals, position) => [ordinals[side], position])),
  );
  const positionsOf = (side: 0 | 1, items: readonly number[]) =>
    items.flatMap((item) => positions[side].get(item) ?? []);
  const before = new Map(old.captions.texts.all().map((text, ordinal) => [text, ordinal]));
  return next.captions.texts.all().flatMap((text, ordinal) => {
    const earlier = before.get(text);
    if (earlier === undefined) return [];
    const known = new Set(positionsOf(0, old.captions.itemsOf(earlier)));
    const answers = positionsOf(1, next.captions.itemsOf(ordinal)).filter((at) => known.has(at));
    return answers.length > 0 ? { text, ordinals: [earlier, ordinal] as const, answers } : [];
  });
}

function drawn(captions: readonly Caption[]): Caption[] {
  const hashOf = ({ text }: Caption) => createHash('sha256').update(text).digest('hex');
  return captions
    .map((caption) => ({ caption, hash: hashOf(caption) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, mostPairs)
    .map(({ caption }) => caption);
}

async function search(
  files: VersionFiles,
  side: number,
  images: readonly Ordinals[],
  captions: readonly Caption[],
  onQuery: (query: number) => void,
): Promise<Found> {
  const queries = await readQueries(files, captions.map(({ ordinals }) => ordinals[side])); // prettier-ignore
  const vectors = await openVersionVectors(files, 'image');
  const scoresOf = vectors.scorer(images.map((ordinals) => ordinals[side]));
  const ranks: number[] = [];
  const nearest: number[][] = [];
  for (const [query, { answers }] of captions.entries()) {
    const scores = scoresOf(queries[query]);
    ranks.push(bestRank(scores, answers));
    nearest.push(bestPositions(scores, first));
    onQuery(query);
    // An embedder that compares versions must still answer requests between two searches.
    await setImmediate();
  }
  return { ranks, nearest };
}

/** Read the vectors of captions, and keep only these of their file in memory. */
async function readQueries(
  files: VersionFiles,
  ordinals: readonly number[],
): Promise<Float32Array[]> {
  const vectors = await openVersionVectors(files, 'caption');
  return ordinals.map((ordinal) => vectors.vector(ordinal));
}

/** Find the positions of the `k` largest scores, the largest first; of equal scores the first wins. */
function bestPositions(scores: Float32Array, k: number): number[] {
  const best: number[] = [];
  for (let position = 0; position < scores.length; position++) {
    if (best.length === k && !(scores[position] > scores[best[k - 1]])) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && scores[position] > scores[best[at - 1]]) at -= 1;
    best.splice(at, 0, position);
  }
  return best;
}

/**
 * Round a share or a difference of shares. With at most 1,000 captions, further digits are only errors
 * of floating point; without them, a change that equals the bound of a condition meets it.
 */
function rounded(share: number): number {
  return Number(share.toFixed(9));
}

function named(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(comparedMetrics.map((metric, i) => [metric, values[i]]));
}
