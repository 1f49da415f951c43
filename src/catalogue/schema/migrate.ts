import { CompiledQuery, type Compilable } from 'kysely';
import { DiptychError } from '../../errors.ts';
import type { Catalogue } from '../catalogue.ts';
import { compareSchema } from './compare-schema.ts';
import { textHash } from '../content-hash.ts';
import { describeSchema } from './describe-schema.ts';
import { insertRows } from '../insert-rows.ts';
import { catalogueSchema } from './schema.ts';
import type { MigrationRow } from './tables.ts';

/** A file of migrations/<database>/. */
export interface Migration {
  /** Names sort in the order in which they apply. */
  readonly name: string;
  /** Statements that may run twice without harm; each ends with `;` at the end of a line. */
  readonly sql: string;
}

export interface MigrateResult {
  /** Migrations that were applied earlier. */
  readonly found: readonly string[];
  /** Migrations that this call applied. */
  readonly applied: readonly string[];
  /** Migrations that a dry run would apply. */
  readonly pending: readonly string[];
}

/**
 * Apply the migrations that the database does not have yet, and check that its tables are those that
 * the code expects. Two processes may do this at the same time without harm.
 *
 * D1 applies a file as a whole. MySQL commits every statement that changes a table by itself, so a
 * file that fails half-way there is run again from its start.
 *
 * @throws DiptychError catalogue_drift if an applied file was changed or is missing, if a new file
 *   sorts before an applied one, or if the tables are not those of the migrations
 */
export async function migrate(
  catalogue: Catalogue,
  migrations: readonly Migration[],
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<MigrateResult> {
  const files = await Promise.all(
    migrations.map(async (file) => ({ ...file, checksum: await checksum(file) })),
  );
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = await appliedMigrations(catalogue);
  refuseDrift(historyDrift(files, rows));
  const found = rows.map(({ name }) => name);
  const open = files.filter(({ name }) => !found.includes(name));
  const names = open.map(({ name }) => name);
  if (!dryRun) for (const file of open) await apply(catalogue, file);
  if (!dryRun || open.length === 0) {
    refuseDrift(compareSchema(catalogueSchema, await describeSchema(catalogue)));
  }
  return { found, applied: dryRun ? [] : names, pending: dryRun ? names : [] };
}

/** The checksum of a migration; it does not depend on how the check-out ends lines. */
async function checksum({ sql }: Migration): Promise<string> {
  return textHash(sql.replaceAll('\r\n', '\n'));
}

async function appliedMigrations(catalogue: Catalogue): Promise<MigrationRow[]> {
  if (!('migrations' in (await describeSchema(catalogue)))) return [];
  return catalogue.db.selectFrom('migrations').selectAll().orderBy('name').execute();
}

function historyDrift(
  files: readonly (Migration & { checksum: string })[],
  rows: readonly MigrationRow[],
): string[] {
  const last = rows.at(-1)?.name ?? '';
  return [
    ...rows.flatMap(({ name, checksum: applied }) => {
      const file = files.find((one) => one.name === name);
      if (!file) return [`${name} was applied, but is not among the migrations`];
      return file.checksum === applied ? [] : [`${name} was changed after it was applied`];
    }),
    ...files
      .filter(({ name }) => name < last && !rows.some((row) => row.name === name))
      .map(({ name }) => `${name} is new, but sorts before ${last}, which was applied`),
  ];
}

function refuseDrift(differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw new DiptychError(
    'catalogue_drift',
    `catalogue: expected the tables of the migrations, got:\n  ${differences.join('\n  ')}`,
    { differences },
  );
}

async function apply(
  catalogue: Catalogue,
  { name, sql, checksum: sum }: Migration & { checksum: string },
): Promise<void> {
  const statements = splitStatements(sql).map((text): Compilable => {
    const query = CompiledQuery.raw(text);
    return { compile: () => query };
  });
  const row = { name, checksum: sum, appliedAt: catalogue.now() };
  const note = insertRows(catalogue, 'migrations', [row], 'keep');
  if (catalogue.kind === 'd1') {
    await catalogue.atomically([...statements, ...note]);
    return;
  }
  for (const statement of statements) await catalogue.db.executeQuery(statement.compile());
  await catalogue.atomically(note);
}

/** Split a file into its statements, without comments. */
export function splitStatements(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
