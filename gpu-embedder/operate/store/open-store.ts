import { existsSync } from 'node:fs';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { folderStore } from './folder-store.ts';
import { httpStore } from './http-store.ts';
import { localR2Store } from './local-r2-store.ts';

/** Where the local R2 of `diptych dev` keeps its objects. */
export const localR2Dir = '.diptych/store/r2';

/** Help text of the flag that names a store. */
export const storeFlag = 'local (R2 of diptych dev), a folder, or the URL of a worker (https://…)';

/**
 * Open a store to look at what it has.
 *
 * @throws DiptychError not_prepared (there is no such folder), or as `openStore`
 */
export async function openExistingStore(where: string): Promise<ObjectStore> {
  const isFolder = where !== 'local' && !/^https?:/i.test(where);
  if (!isFolder || existsSync(where)) return openStore(where);
  throw new DiptychError(
    'not_prepared',
    `--store ${where}: expected the folder of a store, got none: diptych publish makes one`,
  );
}

/**
 * Open the store that a flag names. The API key for a worker comes from DIPTYCH_API_KEY.
 *
 * @param localDir - folder of the local R2
 * @throws DiptychError unauthorized (no key), invalid_option (a URL without https)
 */
export async function openStore(
  where: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  localDir = localR2Dir,
): Promise<ObjectStore> {
  if (where === 'local') return localR2Store(localDir);
  if (!/^https?:/i.test(where)) return folderStore(where);
  const token = env.DIPTYCH_API_KEY;
  if (token) return httpStore({ url: where, token });
  throw new DiptychError(
    'unauthorized',
    `${where}: expected an API key of scope admin in DIPTYCH_API_KEY, got none`,
  );
}
