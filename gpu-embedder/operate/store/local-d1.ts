import type { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { openD1 } from '../../../src/catalogue/drivers/open-d1.ts';
import { startD1Runtime } from './d1-runtime.ts';

/** Name of the database in wrangler.toml: the id under which the local runtime keeps it. */
export const databaseName = 'diptych-catalogue';

export interface LocalCatalogue extends Catalogue {
  close(): Promise<void>;
}

/** Open the catalogue in the local D1 of the development worker, kept in `persistDir`. */
export async function localCatalogue(persistDir: string): Promise<LocalCatalogue> {
  const runtime = await startD1Runtime({ CATALOGUE: databaseName }, persistDir);
  return { ...openD1(runtime.open('CATALOGUE')), close: () => runtime.stop() };
}
