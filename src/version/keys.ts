/*
 * Where everything lies in the object store; this file alone makes keys and takes them apart.
 *
 *     collections/<collection>/
 *       active.json                       which version answers (pointer.ts)
 *       deleted.json                      items that no answer may show
 *       <version>/                        an index; it never changes
 *         manifest.json                   uploaded last: with it the version is complete
 *         removing.json                   the manifest, while the version is being removed
 *         items.json, captions.json       what results show
 *         keywords.json, previews.bin
 *         image.bin, caption.bin          vectors; of a version in shards: shards/<n>/image.bin …
 *         image.f32, caption.f32          vectors that Vectorize searches, in their place
 *     models/<hash>/v<weights format>/
 *       text.bin, image.bin, tokenizer.json
 *       model.json                        uploaded last
 *     images/<2 digits>/<pack>.pack       bytes of many images
 *     embeddings/<model>/<pack>.f32       embeddings of many images or texts
 *     uploads/<upload>                    an image that no item names yet
 *     jobs/<job>/
 *       pointer.json                      active.json as it was when the job began
 *       batch-<n>.json                    items to be encoded
 *       build-<n>.json                    items to be indexed
 *       report.json, report.html          stay after the job
 *     label-sets/<name>.json              labels to classify with
 */
import { weightsFormat } from './weights-format.ts';

/** Whose vectors a file holds. */
export type VectorKind = 'image' | 'caption';

export const collectionsPrefix = 'collections/';
export const modelsPrefix = 'models/';
export const imagePacksPrefix = 'images/';
export const embeddingPacksPrefix = 'embeddings/';
export const uploadsPrefix = 'uploads/';
export const jobsPrefix = 'jobs/';

/** Of all that is of a collection. */
export function collectionPrefix(collection: string): string {
  return `${collectionsPrefix}${collection}/`;
}

/** The collection that a key, or a prefix of keys, is of. */
export function collectionOf(key: string): string {
  return key.slice(collectionsPrefix.length).split('/')[0];
}

export function activeKey(collection: string): string {
  return `${collectionPrefix(collection)}active.json`;
}

/** Items that no answer may show, although the version that answers has them. */
export function deletedKey(collection: string): string {
  return `${collectionPrefix(collection)}deleted.json`;
}

/** @param file - '' for the prefix of all files of the version */
export function versionKey(collection: string, version: string, file: string): string {
  return `${collectionPrefix(collection)}${version}/${file}`;
}

/** The version that a key of a collection is of; null for other keys, which are nobody's to remove. */
export function versionOf(key: string): string | null {
  return /^[^/]+\/[^/]+\/(\d{8}-[0-9a-f]{12})\//.exec(key)?.[1] ?? null;
}

/** Whether a key of a collection is what results of some version show. */
export function isItemsKey(key: string): boolean {
  return key.endsWith('/items.json');
}

/** Vectors of a version, in `manifest.files`: of all items or captions, or of a shard of them. */
export function vectorFile(kind: VectorKind, shard?: number): string {
  return shard === undefined ? `${kind}.bin` : `shards/${shard}/${kind}.bin`;
}

/** Vectors of a version that go into Vectorize: [count, embedDim] float32, little-endian. */
export function plainVectorFile(kind: VectorKind): string {
  return `${kind}.f32`;
}

/** The same model in another weights format is another object: each edge finds the one it reads. */
export function modelKey(hash: string, file: string): string {
  return `${modelsPrefix}${hash}/v${weightsFormat.version}/${file}`;
}

/** Hash of the model that a key is of. */
export function modelOf(key: string): string {
  return key.slice(modelsPrefix.length).split('/')[0];
}

/** Whether a key is what completes a version or a model, and so goes first when that is removed. */
export function completes(key: string): boolean {
  return key.endsWith('/manifest.json') || key.endsWith('/model.json');
}

/** Bytes of many images one after the other; `pack` is the SHA-256 of the whole, in hex. */
export function imagePackKey(pack: string): string {
  return `${imagePacksPrefix}${pack.slice(0, 2)}/${pack}.pack`;
}

/** The pack that a key below `images/` is of; null for other keys. */
export function imagePackOf(key: string): string | null {
  return /^images\/[0-9a-f]{2}\/([0-9a-f]{64})\.pack$/.exec(key)?.[1] ?? null;
}

/** Embeddings of a model: rows of float32, little-endian [n, embedDim]; `pack` likewise. */
export function embeddingPackKey(modelHash: string, pack: string): string {
  return `${embeddingPacksPrefix}${modelHash}/${pack}.f32`;
}

/** Model and pack that a key below `embeddings/` is of; null for other keys. */
export function embeddingPackOf(key: string): { model: string; pack: string } | null {
  const [, model, pack] = /^embeddings\/([^/]+)\/([0-9a-f]{64})\.f32$/.exec(key) ?? [];
  return pack ? { model, pack } : null;
}

/** An image that was uploaded before the item that names it. */
export function uploadKey(id: string): string {
  return `${uploadsPrefix}${id}`;
}

/** Of all that a job wrote. */
export function jobPrefix(jobId: string): string {
  return `${jobsPrefix}${jobId}/`;
}

/** Id of the job that a key is of. */
export function jobOf(key: string): string {
  return key.slice(jobsPrefix.length).split('/')[0];
}

/** The pointer of the collection as it was when a job began. */
export function jobPointerKey(jobId: string): string {
  return `${jobPrefix(jobId)}pointer.json`;
}

/** Items of a batch of a job, as they were when it was planned. */
export function planBatchKey(jobId: string, batch: number): string {
  return `${jobPrefix(jobId)}batch-${batch}.json`;
}

/** Items to be indexed, page by page from 0. */
export function buildPageKey(jobId: string, page: number): string {
  return `${jobPrefix(jobId)}build-${page}.json`;
}

/** Whether a key of a job is that of a batch or of a page of the build; null for other keys. */
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

/** Whether a key of a job is a report, in either form. */
export function isReportKey(key: string): boolean {
  return /\/report\.(json|html)$/.test(key);
}

/** Labels to classify with, where the edge reads them without a database. */
export function labelSetKey(name: string): string {
  return `label-sets/${name}.json`;
}
