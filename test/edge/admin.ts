import migration from '../../migrations/d1/0001_catalogue.sql?raw';
import { migrate } from '../../src/catalogue/schema/migrate.ts';
import { openD1 } from '../../src/catalogue/drivers/open-d1.ts';
import type { Env } from '../../workers/env.ts';
import { bindings } from './client.ts';

/** The key that may do everything. */
export const adminToken = 'a-secret-of-this-test';

/** A worker with a catalogue, a queue that keeps nothing, and an embedder. */
export const adminEnv: Env = {
  ...bindings,
  DIPTYCH_ADMIN_TOKEN: adminToken,
  JOBS: { sendBatch: async () => {} },
  EMBEDDER_URL: 'https://embedder.test',
};

export const catalogue = openD1(bindings.CATALOGUE);

/** Make the tables of the catalogue. */
export async function migrateCatalogue(): Promise<void> {
  await migrate(catalogue, [{ name: '0001_catalogue.sql', sql: migration }]);
}
