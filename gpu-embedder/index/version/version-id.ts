import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { vectorFormat } from '../../../src/version/format.ts';
import { manifestFormatVersion } from '../../../src/version/manifest.ts';
import type { IndexSource } from '../source/index-source.ts';

/** Raise this if the same input gives other files, so that existing versions are built again. */
const builderVersion = 1;

/** Hash what decides the content of an index version: 12 hex digits of SHA-256. */
export function hashInputs(source: IndexSource, options: object): string {
  const { model, dataset, image, caption, captionTexts } = source;
  const formats = [builderVersion, vectorFormat.version, manifestFormatVersion];
  return createHash('sha256')
    .update(JSON.stringify([formats, options, model, dataset, captionTexts]))
    .update(image)
    .update(caption)
    .digest('hex')
    .slice(0, 12);
}

/** Find a version with one of these content hashes, built on any day. */
export async function findVersion(
  dir: string,
  hashes: readonly string[],
): Promise<string | undefined> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.find((name) => hashes.some((hash) => isVersionOf(name, hash)));
}

/** Tell whether a version id has this content hash, with any day. */
export function isVersionOf(version: string, hash: string): boolean {
  return /^\d{8}-/.test(version) && version.slice(9) === hash;
}

/** Name a version by day and content: `20260127-0123456789ab`. */
export function versionId(hash: string, at: Date): string {
  return `${at.toISOString().slice(0, 10).replaceAll('-', '')}-${hash}`;
}
