import { readFile, readdir } from 'node:fs/promises';
import type { Migration } from '../../../src/catalogue/schema/migrate.ts';
import type { DatabaseKind } from '../../../src/catalogue/statement-dialect.ts';

/** Read the files of migrations/ for a database. */
export async function readMigrations(kind: DatabaseKind): Promise<Migration[]> {
  const folder = new URL(`../../../migrations/${kind}/`, import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(new URL(name, folder), 'utf8') })),
  );
}
