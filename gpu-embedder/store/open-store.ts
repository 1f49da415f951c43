import type { ObjectStore } from '../../src/objects/object-store.ts';
import { folderStore } from './folder-store.ts';
import { localR2Store } from './local-r2-store.ts';

/** Where the local R2 of `diptych dev` keeps its objects. */
export const localR2Dir = '.diptych/store/r2';

/** Help of the flag that names a store. */
export const storeFlag = 'local (the R2 of diptych dev), a folder, or https://… of a worker';

/** Open the store that a flag names. */
export async function openStore(where: string): Promise<ObjectStore> {
  return where === 'local' ? localR2Store(localR2Dir) : folderStore(where);
}
