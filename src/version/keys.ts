/*
 * The place of everything in the object store. Only this file makes keys and takes them apart.
 *
 *     collections/<collection>/
 *       active.json                       the version that answers (pointer.ts)
 *       deleted.json                      items that no answer may show
 *       <version>/                        an index; it never changes
 *         manifest.json                   uploaded last: with it the version is complete
 *         removing.json                   the manifest, while the version is being removed
 *         items.table, captions.table     what results show
 *         keywords.json, previews.bin
 *         image.bin, caption.bin          vectors; in shards: shards/<n>/image.bin …
 *         image.f32, caption.f32          instead, where Vectorize searches the vectors
 *     models/<hash>/v<weights format>/
 *       text.bin, image.bin, tokenizer.json
 *       model.json                        uploaded last
 *     images/<2 digits>/<pack>.pack       bytes of many images
 *     embeddings/<model>/<pack>.f32       embeddings of many images or texts
 *     uploads/<upload>                    an uploaded image that no item uses yet
 *     jobs/<job>/
 *       pointer.json                      a copy of active.json from when the job began
 *       batch-<n>.json                    items to be encoded
 *       build-<n>.json                    items to be indexed
 *       report.json, report.html          kept after the job
 *     label-sets/<name>.json              labels to classify with
 */
import { weightsFormat } from './weights-format.ts';

/** The things that the vectors of a file stand for. */
export type VectorKind = 'image' | 'caption';

/** The files of a version that show its items and captions. */
export const itemsFile = 'items.table';
export const captionsFile = 'captions.table';

export const collectionsPrefix = 'collections/';
export const modelsPrefix = 'models/';
export const imagePacksPrefix = 'images/';
export const embeddingPacksPrefix = 'embeddings/';
export const uploadsPrefix = 'uploads/';
export const jobsPrefix = 'jobs/';

/** The prefix of all keys of a collection. */
export function collectionPrefix(collection: string): string {
  return `${collectionsPrefix}${collection}/`;
}

/** The collection of a key or a prefix below `collections/`. */
export function collectionOf(key: string): string {
  return partAfter(collectionsPrefix, key);
}

export function activeKey(collection: string): string {
  return `${collectionPrefix(collection)}active.json`;
}

/** The list of deleted items: no answer may show them, although the active version has them. */
export function deletedKey(collection: string): string {
  return `${collectionPrefix(collection)}deleted.json`;
}

/** @param file - the name of a file, or '' for the prefix of all files of the version */
export function versionKey(collection: string, version: string, file: string): string {
  return `${collectionPrefix(collection)}${version}/${file}`;
}

/** The version of a key of a collection; null for other keys, which nobody may remove. */
export function versionOf(key: string): string | null {
  return /^[^/]+\/[^/]+\/(\d{8}-[0-9a-f]{12})\//.exec(key)?.[1] ?? null;
}

/** Tell whether a key is that of a version's `items.table`. */
export function isItemsKey(key: string): boolean {
  return key.endsWith(`/${itemsFile}`);
}

/** The name of a vector file in `manifest.files`: all vectors of a kind, or those of a shard. */
export function vectorFile(kind: VectorKind, shard?: number): string {
  return shard === undefined ? `${kind}.bin` : `shards/${shard}/${kind}.bin`;
}

/** The name of a file of vectors for Vectorize: [count, embedDim] float32, little-endian. */
export function plainVectorFile(kind: VectorKind): string {
  return `${kind}.f32`;
}

/**
 * The key names the weights format, so that every release of the edge finds weights it can read.
 */
export function modelKey(hash: string, file: string): string {
  return `${modelsPrefix}${hash}/v${weightsFormat.version}/${file}`;
}

/** The hash of the model of a key below `models/`. */
export function modelOf(key: string): string {
  return partAfter(modelsPrefix, key);
}

/**
 * Tell whether a key is the last one written of a version or a model, and the first one removed.
 */
export function completes(key: string): boolean {
  return key.endsWith('/manifest.json') || key.endsWith('/model.json');
}

/** The bytes of many images, one after the other. `pack` is the SHA-256 of all bytes, in hex. */
export function imagePackKey(pack: string): string {
  return `${imagePacksPrefix}${pack.slice(0, 2)}/${pack}.pack`;
}

/** The pack of a key below `images/`; null for other keys. */
export function imagePackOf(key: string): string | null {
  return /^images\/[0-9a-f]{2}\/([0-9a-f]{64})\.pack$/.exec(key)?.[1] ?? null;
}

/** Embeddings by a model: [n, embedDim] float32, little-endian. `pack` is their SHA-256, in hex. */
export function embeddingPackKey(modelHash: string, pack: string): string {
  return `${embeddingPacksPrefix}${modelHash}/${pack}.f32`;
}

/** The model and the pack of a key below `embeddings/`; null for other keys. */
export function embeddingPackOf(key: string): { model: string; pack: string } | null {
  const [, model, pack] = /^embeddings\/([^/]+)\/([0-9a-f]{64})\.f32$/.exec(key) ?? [];
  return model && pack ? { model, pack } : null;
}

/** An image that was uploaded before the item that will use it. */
export function uploadKey(id: string): string {
  return `${uploadsPrefix}${id}`;
}

/** The prefix of all keys of a job. */
export function jobPrefix(jobId: string): string {
  return `${jobsPrefix}${jobId}/`;
}

/** The id of the job of a key below `jobs/`. */
export function jobOf(key: string): string {
  return partAfter(jobsPrefix, key);
}

/** A copy of the collection's pointer from when the job began. */
export function jobPointerKey(jobId: string): string {
  return `${jobPrefix(jobId)}pointer.json`;
}

/** The items of a batch, as they were when the batch was planned. */
export function planBatchKey(jobId: string, batch: number): string {
  return `${jobPrefix(jobId)}batch-${batch}.json`;
}

/** The items to be indexed, in pages from 0 on. */
export function buildPageKey(jobId: string, page: number): string {
  return `${jobPrefix(jobId)}build-${page}.json`;
}

/** Tell whether a key of a job is a batch or a page of the build; null for other keys. */
export function jobPageKind(key: string): 'batch' | 'build' | null {
  const [, kind] = /\/(batch|build)-\d+\.json$/.exec(key) ?? [];
  return kind === 'batch' || kind === 'build' ? kind : null;
}

export function reportKey(jobId: string): string {
  return `${jobPrefix(jobId)}report.json`;
}

export function reportPageKey(jobId: string): string {
  return `${jobPrefix(jobId)}report.html`;
}

/** Tell whether a key of a job is a report, as JSON or as HTML. */
export function isReportKey(key: string): boolean {
  return /\/report\.(json|html)$/.test(key);
}

/** A set of labels to classify with. It lies in the store, so that the edge needs no database. */
export function labelSetKey(name: string): string {
  return `label-sets/${name}.json`;
}

/** The part of a key between a prefix and the next "/". */
function partAfter(prefix: string, key: string): string {
  const [part = ''] = key.slice(prefix.length).split('/');
  return part;
}
