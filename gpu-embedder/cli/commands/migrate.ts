import type { Command } from 'commander';
import { migrate, type MigrateResult } from '../../../src/catalogue/schema/migrate.ts';
import {
  openCatalogue,
  withDatabase,
  type DatabaseFlags,
} from '../../operate/catalogue/open-catalogue.ts';
import { readMigrations } from '../../operate/catalogue/read-migrations.ts';

interface MigrateFlags extends DatabaseFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function registerMigrate(program: Command): void {
  withDatabase(program.command('migrate'))
    .description(
      'Bring the tables of the catalogue up to date, and check that they are the tables of the\n' +
        'migrations. A second run changes nothing.',
    )
    .option('--dry-run', 'only show what would be applied')
    .option('--json', 'print the result as JSON')
    .action(async ({ dryRun, json, ...flags }: MigrateFlags) => {
      const catalogue = await openCatalogue(flags);
      try {
        const result = await migrate(catalogue, await readMigrations(catalogue.kind), { dryRun });
        process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
      } finally {
        await catalogue.close();
      }
    });
}

function summary({ found, applied, pending }: MigrateResult): string {
  const lines = [
    ...applied.map((name) => `applied ${name}`),
    ...pending.map((name) => `would apply ${name}`),
  ];
  return lines.length > 0 ? lines.join('\n') : `up to date: ${found.length} applied before`;
}
