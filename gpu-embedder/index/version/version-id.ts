import { createHash } from 'node:crypto';
import { vectorFormat } from '../../../src/version/format.ts';
import { manifestFormatVersion, type Manifest } from '../../../src/version/manifest.ts';
import { sha256Hex } from '../../common/sha256-hex.ts';
import type { IndexSource } from '../source/index-source.ts';

/** Raise this if the same input gives other files, so that existing versions are built again. */
const builderVersion = 1;

/** Hash the inputs that decide what an index version finds: 12 hex digits of SHA-256. */
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

/** Tell whether a version was built from inputs with one of these hashes. */
export function isBuiltFrom(
  { version, inputKey = version.slice(9) }: Pick<Manifest, 'version' | 'inputKey'>,
  hashes: readonly string[],
): boolean {
  return hashes.includes(inputKey);
}

/**
 * Name a version by day and content: `20260127-0123456789ab`. The content is all that the manifest
 * says except the time, with the checksums of all files. Two builds of one input whose graphs differ
 * get two ids.
 */
export function versionId({ createdAt, ...content }: Omit<Manifest, 'version'>): string {
  const day = createdAt.slice(0, 10).replaceAll('-', '');
  return `${day}-${sha256Hex(JSON.stringify(content)).slice(0, 12)}`;
}
