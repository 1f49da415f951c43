import { plainVectorFile, type VectorKind } from '../../../src/version/keys.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';

/**
 * Read the float32 vectors that a version keeps for Vectorize.
 *
 * @returns [count, embedDim], L2-normalised
 * @throws DiptychError index_unreadable
 */
export async function readPlainVectors(
  files: VersionFiles,
  kind: VectorKind,
): Promise<Float32Array> {
  const { manifest } = files;
  const name = plainVectorFile(kind);
  const bytes = await files.read(name);
  const expected = 4 * manifest[kind].count * manifest.model.embedDim;
  if (bytes.byteLength === expected) return new Float32Array(bytes.buffer);
  throw new DiptychError(
    'index_unreadable',
    `${files.key(name)}: expected ${expected} bytes, ${manifest[kind].count} rows of ${manifest.model.embedDim} floats, got ${bytes.byteLength}`,
  );
}
