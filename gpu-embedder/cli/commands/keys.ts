import type { Command } from 'commander';
import {
  apiKeyScopes,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  type ApiKey,
  type ApiKeyScope,
} from '../../../src/catalogue/api-keys.ts';
import type { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { DiptychError } from '../../../src/errors.ts';
import { names } from '../flags/lists.ts';
import { unexpected } from '../flags/numbers.ts';
import {
  openMigrated,
  withDatabase,
  type DatabaseFlags,
} from '../../operate/catalogue/open-catalogue.ts';

interface KeyFlags extends DatabaseFlags {
  readonly json?: boolean;
}

export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke keys of the API');
  withFlags(keys.command('create'))
    .description(
      'Make a key and print it. It is shown only this once, because only its hash is kept.',
    )
    .argument('<name>', 'who or what uses the key')
    .option('--scopes <list>', `some of ${apiKeyScopes.join(', ')}`, scopes, ['read'])
    .action((name: string, flags: KeyFlags & { scopes: ApiKeyScope[] }) =>
      run(flags, async (catalogue) => {
        const created = await createApiKey(catalogue, name, flags.scopes);
        return [created, created.key];
      }),
    );
  withFlags(keys.command('list'))
    .description('list the keys with their ids; the keys themselves are not shown')
    .action((flags: KeyFlags) =>
      run(flags, async (catalogue) => {
        const all = await listApiKeys(catalogue);
        return [all, all.map(line).join('\n') || 'no keys'];
      }),
    );
  withFlags(keys.command('revoke'))
    .description('refuse a key from now on')
    .argument('<id>', 'id of the key, from `keys list`')
    .action((id: string, flags: KeyFlags) =>
      run(flags, async (catalogue) => {
        if (await revokeApiKey(catalogue, id)) return [{ id, revoked: true }, `${id} is revoked`];
        throw new DiptychError(
          'not_found',
          `key ${id}: expected a key that is not revoked, got none`,
        );
      }),
    );
}

const withFlags = (command: Command): Command =>
  withDatabase(command).option('--json', 'print the result as JSON');

/** @param work - gives the result as JSON and as text */
async function run(
  { json, ...flags }: KeyFlags,
  work: (catalogue: Catalogue) => Promise<readonly [object, string]>,
): Promise<void> {
  const catalogue = await openMigrated(flags);
  try {
    const [result, text] = await work(catalogue);
    process.stdout.write(`${json ? JSON.stringify(result) : text}\n`);
  } finally {
    await catalogue.close();
  }
}

function line({ id, name, scopes: some, createdAt, lastUsedAt, revokedAt }: ApiKey): string {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const use = lastUsedAt === null ? 'never used' : `used ${day(lastUsedAt)}`;
  const state = revokedAt === null ? use : `revoked ${day(revokedAt)}`;
  return `${id}  ${some.join(',')}  made ${day(createdAt)}, ${state}  ${name}`;
}

function scopes(text: string): ApiKeyScope[] {
  const asked = names(text);
  const known = apiKeyScopes.filter((scope) => asked.includes(scope));
  if (known.length === new Set(asked).size) return known;
  throw unexpected(`some of ${apiKeyScopes.join(', ')}`, text);
}
