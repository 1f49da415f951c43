import { Option, type Command } from 'commander';
import { openPlanetScale } from '../../../src/catalogue/drivers/open-planetscale.ts';
import { migrate } from '../../../src/catalogue/schema/migrate.ts';
import { DiptychError } from '../../../src/errors.ts';
import { readMigrations } from './read-migrations.ts';
import { localCatalogue, type LocalCatalogue } from '../store/local-d1.ts';

export interface DatabaseFlags {
  readonly database: 'local' | 'planetscale';
  readonly workDir: string;
}

/** Give a command `--database` and `--work-dir`. */
export function withDatabase(command: Command): Command {
  const database = new Option(
    '--database <which>',
    'local (the D1 of diptych dev), or planetscale (DATABASE_URL in the environment)',
  );
  return command
    .addOption(database.choices(['local', 'planetscale']).default('local'))
    .option('--work-dir <dir>', 'where diptych dev keeps everything', '.diptych');
}

/**
 * Open the catalogue that `--database` names.
 *
 * @throws DiptychError invalid_option
 */
export async function openCatalogue({ database, workDir }: DatabaseFlags): Promise<LocalCatalogue> {
  if (database === 'local') return localCatalogue(`${workDir}/store/d1`);
  const url = process.env['DATABASE_URL'];
  if (!url) {
    throw new DiptychError(
      'invalid_option',
      'DATABASE_URL: expected mysql://user:password@host/database in the environment, got nothing',
    );
  }
  return { ...openPlanetScale({ url }), close: async () => {} };
}

/**
 * Open the catalogue with its tables. On this machine, missing tables are made; only `diptych migrate`
 * makes those of a deployment.
 *
 * @throws DiptychError invalid_option, catalogue_drift
 */
export async function openMigrated(flags: DatabaseFlags): Promise<LocalCatalogue> {
  const catalogue = await openCatalogue(flags);
  if (flags.database !== 'local') return catalogue;
  try {
    await migrate(catalogue, await readMigrations(catalogue.kind));
    return catalogue;
  } catch (error) {
    await catalogue.close();
    throw error;
  }
}
