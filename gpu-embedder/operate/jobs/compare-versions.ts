import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { CaptionColumns } from '../../../src/version/captions.ts';
import type { ItemColumns } from '../../../src/version/items.ts';
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

/** Captions that are searched for at most. */
const mostPairs = 1000;
/** Of the overlap. */
const first = 10;

export interface CompareSettings {
  readonly signal?: AbortSignal;
  /** Searches. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Compare how two versions find the images that both have by the captions that both have, from their
 * files alone: no model runs. Every image is scored, so that the graphs have no part in it. Of many
 * captions a sample is taken, the same each time: those whose text has the smallest SHA-256.
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

/** What is the same in both versions has two ordinals: the one before, and the one after. */
type Ordinals = readonly [number, number];

interface Caption {
  readonly text: string;
  readonly ordinals: Ordinals;
  /** Positions among the images. */
  readonly answers: readonly number[];
}

interface Found {
  /** Of each caption: wrong images before the first right one. */
  readonly ranks: readonly number[];
  /** Of each caption: positions of the first images. */
  readonly nearest: readonly (readonly number[])[];
}

interface Texts {
  readonly files: VersionFiles;
  readonly items: ItemColumns;
  readonly captions: CaptionColumns;
}

async function readTexts(
  objects: ObjectStore,
  collection: string,
  version: string,
): Promise<Texts> {
  const files = await openStoredVersion(objects, collection, version);
  return { files, items: await openItems(files), captions: await openCaptions(files) };
}

function commonImages(old: ItemColumns, next: ItemColumns, sets?: readonly string[]): Ordinals[] {
  const before = new Map(old.ids.map((id, ordinal) => [id, ordinal]));
  return next.ids.flatMap((id, ordinal) => {
    const earlier = before.get(id);
    const set = next.setNames[next.sets[ordinal]];
    return earlier === undefined || (sets && !sets.includes(set)) ? [] : [[earlier, ordinal]];
  });
}

/** Captions that have an image in both versions. */
function commonCaptions(old: Texts, next: Texts, images: readonly Ordinals[]): Caption[] {
  const positions = ([0, 1] as const).map(
    (side) => new Map(images.map((ordinals, position) => [ordinals[side], position])),
  );
  const positionsOf = (side: 0 | 1, items: readonly number[]) =>
    items.flatMap((item) => positions[side].get(item) ?? []);
  const before = new Map(old.captions.texts.map((text, ordinal) => [text, ordinal]));
  return next.captions.texts.flatMap((text, ordinal) => {
    const earlier = before.get(text);
    if (earlier === undefined) return [];
    const known = new Set(positionsOf(0, old.captions.items[earlier]));
    const answers = positionsOf(1, next.captions.items[ordinal]).filter((at) => known.has(at));
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
    // An embedder goes on answering.
    await setImmediate();
  }
  return { ranks, nearest };
}

/** Read vectors of captions; the rest of their file is let go. */
async function readQueries(
  files: VersionFiles,
  ordinals: readonly number[],
): Promise<Float32Array[]> {
  const vectors = await openVersionVectors(files, 'caption');
  return ordinals.map((ordinal) => vectors.vector(ordinal));
}

/** Positions of the `k` largest, the largest first; of equals the first. */
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

/** Shares of 1,000 at most have no more digits: what is beyond is no change, and a bound is met exactly. */
function rounded(share: number): number {
  return Number(share.toFixed(9));
}

function named(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(comparedMetrics.map((metric, i) => [metric, values[i]]));
}
