import { readFile } from 'node:fs/promises';
import { DiptychError } from '../../../src/errors.ts';
import type { IngestResult } from '../../../src/items/ingest/ingest-items.ts';
import type { Skip, Source, SourceItem } from '../../data/readers/source.ts';
import { sourceEntries } from '../../data/readers/source-entries.ts';

/**
 * An item of a source, with the bytes of its image. It says null for what the source does not have, so
 * that the collection loses what the source has lost.
 */
export interface ReadItem extends Pick<SourceItem, 'id' | 'captions' | 'tags'> {
  readonly label: string | null;
  readonly title: string | null;
  readonly set: string | null;
  readonly image: { readonly bytes: Uint8Array };
}

/** Takes in a batch of items: into the catalogue of this machine, or through a worker's API. */
export type IngestTarget = (items: readonly ReadItem[]) => Promise<readonly IngestResult[]>;

export interface IngestSummary {
  /** inputs = created + updated + unchanged + skipped + failed + before. */
  readonly inputs: number;
  /** How many inputs an interrupted earlier run took in. */
  readonly before: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** The first inputs that were skipped or failed. */
  readonly problems: readonly {
    readonly where: string;
    readonly code: string;
    readonly reason: string;
  }[];
}

export interface IngestProgress {
  /** Called with how much of `source.progress.total` is read. */
  readonly onRead?: (done: number) => void;
  /** Called with each input, those of an earlier run too. */
  readonly onInput?: (input: SourceItem | Skip) => void;
  /** Called when all inputs up to this number are taken in. */
  readonly onTaken?: (inputs: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** A batch is full when it has this many items or this many bytes of images. */
const batchItems = 100;
const batchBytes = 8 * 1024 * 1024;
/** How many problems are listed one by one. */
const told = 100;

/**
 * Take in a source, batch by batch, with limited memory. As in `prepare`, the first item of an id
 * counts.
 *
 * @param before - how many inputs at the beginning of the source are skipped, because an earlier run
 *   took them in
 * @throws DiptychError unreadable_source if the source is empty
 */
export async function ingestSource(
  source: Source,
  target: IngestTarget,
  before: number,
  { onRead = () => {}, onInput, onTaken, signal }: IngestProgress = {},
): Promise<IngestSummary> {
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const problems: IngestSummary['problems'][number][] = [];
  const by = { skipped: new Map<string, number>(), failed: new Map<string, number>() };
  const note = (list: keyof typeof by, where: string, code: string, reason: string) => {
    by[list].set(code, (by[list].get(code) ?? 0) + 1);
    if (problems.length < told) problems.push({ where, code, reason });
  };
  let inputs = 0;
  let batch: { where: string; item: ReadItem }[] = [];
  let bytes = 0;
  const flush = async () => {
    signal?.throwIfAborted();
    const results = batch.length > 0 ? await target(batch.map(({ item }) => item)) : [];
    for (const [i, result] of results.entries()) {
      if (result.status !== 'failed') counts[result.status] += 1;
      else note('failed', batch[i].where, result.error.code, result.error.message);
    }
    [batch, bytes] = [[], 0];
    await onTaken?.(inputs);
  };
  for await (const entry of sourceEntries(source, onRead)) {
    inputs += 1;
    onInput?.(entry);
    if (inputs <= before) continue;
    const read = await toItem(entry);
    if ('item' in read) {
      batch.push(read);
      bytes += read.bytes;
    } else note('skipped', read.where, read.code, read.reason);
    if (batch.length >= batchItems || bytes >= batchBytes) await flush();
  }
  await flush();
  if (inputs === 0) {
    const names = source.names.join(', ');
    throw new DiptychError('unreadable_source', `${names}: expected items to take in, got none`);
  }
  return {
    ...{ inputs, before: Math.min(before, inputs), ...counts },
    skipped: Object.fromEntries(by.skipped),
    failed: Object.fromEntries(by.failed),
    problems,
  };
}

async function toItem(
  entry: SourceItem | Skip,
): Promise<Skip | { readonly where: string; readonly item: ReadItem; readonly bytes: number }> {
  if ('code' in entry) return entry;
  const { where, id, image, captions, tags, label = null, title = null, set = null } = entry;
  let bytes: Uint8Array;
  try {
    bytes = 'bytes' in image ? image.bytes : await readFile(image.file);
  } catch (error) {
    return { where, code: 'unreadable_image', reason: (error as Error).message };
  }
  const item = { id, image: { bytes }, title, set, captions, tags, label };
  return { where, item, bytes: bytes.length };
}
