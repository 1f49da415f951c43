import { weightsFormat } from '../encoder/weights-format.ts';

/** Keys of the store; `publish` writes them and the edge reads them. */
export const collectionsPrefix = 'collections/';

export function activeKey(collection: string): string {
  return `${collectionsPrefix}${collection}/active.json`;
}

export function versionKey(collection: string, version: string, file: string): string {
  return `${collectionsPrefix}${collection}/${version}/${file}`;
}

/** The same model in another weights format is another object: each edge finds the one it reads. */
export function modelKey(hash: string, file: string): string {
  return `models/${hash}/v${weightsFormat.version}/${file}`;
}
