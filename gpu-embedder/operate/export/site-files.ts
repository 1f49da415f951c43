import { existsSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { activeKey } from '../../../src/version/keys.ts';
import type { Pointer } from '../../../src/version/pointer.ts';
import { siteStorePrefix } from '../../../src/version/site.ts';
import { DiptychError } from '../../../src/errors.ts';
import { objectsOf } from '../publish/published-objects.ts';
import type { VersionFolder } from '../publish/read-version.ts';

/** A file that an export writes. */
export interface SiteSource {
  /** Path relative to the folder, with `/` as separator. */
  readonly path: string;
  /** Size before compression, bytes. */
  readonly size: number;
  read(): Promise<PackedFile>;
}

export interface PackedFile {
  readonly bytes: Uint8Array;
  /** Size before compression, bytes; absent if the file is not compressed. */
  readonly gunzipped?: number;
}

const pageDir = fileURLToPath(new URL('../../../build/site', import.meta.url));
const gzipped = promisify(gzip);
/** A file is compressed if that saves at least this share of it. */
const worthPacking = 0.1;

/**
 * List the files of a site: the page with its kernels, and the artifacts.
 *
 * @throws DiptychError `not_prepared` if the page has not been built, `model_mismatch`
 */
export async function siteFiles(version: VersionFolder, modelDir: string): Promise<SiteSource[]> {
  const { collection, version: id } = version.manifest;
  const pointer = Buffer.from(JSON.stringify({ version: id } satisfies Pointer));
  const objects = [
    ...(await objectsOf(version, modelDir)),
    { key: activeKey(collection), size: pointer.length, read: async () => pointer },
  ];
  return [
    ...(await pageFiles()),
    ...objects.map(({ key, size, read }) => ({
      path: siteStorePrefix + key,
      size,
      read: async () => pack(await read()),
    })),
  ];
}

async function pageFiles(): Promise<SiteSource[]> {
  if (!existsSync(join(pageDir, 'index.html'))) {
    throw new DiptychError(
      'not_prepared',
      'build/site: expected the built page, got no files: run npm run build',
    );
  }
  const entries = await readdir(pageDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      return {
        path: relative(pageDir, file).split(sep).join('/'),
        size: (await stat(file)).size,
        read: async () => ({ bytes: await readFile(file) }),
      };
    }),
  );
}

/** Compress a file: static hosts never compress `.bin`, and this halves an index. */
async function pack(bytes: Uint8Array): Promise<PackedFile> {
  const packed = await gzipped(bytes, { level: 9 });
  return packed.length > bytes.length * (1 - worthPacking)
    ? { bytes }
    : { bytes: packed, gunzipped: bytes.length };
}
