import { createHash } from 'node:crypto';
import type { StageFiles } from '../../common/stage-files.ts';

/** Digest the files of a data set that decide embeddings and searches; the report does not. */
export function fingerprintOf(files: StageFiles): string {
  const hash = createHash('sha256');
  for (const name of ['items.jsonl', 'concepts.jsonl', 'pixels.bin']) {
    hash.update(files[name]?.sha256 ?? '', 'hex');
  }
  return hash.digest('hex');
}
