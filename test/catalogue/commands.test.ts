import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readMigrations } from '../../gpu-embedder/operate/catalogue/read-migrations.ts';
import { localCatalogue } from '../../gpu-embedder/operate/store/local-d1.ts';
import { findApiKey } from '../../src/catalogue/api-keys.ts';
import { createCollection } from '../../src/catalogue/collections.ts';
import { migrate } from '../../src/catalogue/schema/migrate.ts';
import { runDiptych } from '../cli/run-diptych.ts';
import { startPlanetScale, type MariadbDatabases } from '../support/catalogues.ts';
import { findMariadbd } from '../support/mariadb.ts';

const migration = '0001_catalogue.sql';

describe('on the local database', () => {
  let workDir: string;
  beforeAll(async () => {
    workDir = await mkdtemp(join(tmpdir(), 'diptych-catalogue-'));
  });
  afterAll(() => rm(workDir, { recursive: true, force: true }));
  const run = (...args: string[]) => runDiptych(...args, '--work-dir', workDir);

  it('migrate makes the tables and keeps them, keys makes keys, lists and revokes them', async () => {
    const dry = await run('migrate', '--dry-run');
    expect(dry).toEqual({ code: 0, stdout: `would apply ${migration}\n`, stderr: '' });
    expect((await run('migrate')).stdout).toBe(`applied ${migration}\n`);
    expect((await run('migrate')).stdout).toBe('up to date: 1 applied before\n');

    const created = await run('keys', 'create', 'ci job', '--scopes', 'write,read', '--json');
    const { id, key } = JSON.parse(created.stdout) as { id: string; key: string };
    const catalogue = await localCatalogue(`${workDir}/store/d1`);
    expect(await findApiKey(catalogue, key)).toMatchObject({ id, scopes: ['read', 'write'] });
    await catalogue.close();
    const listed = (await run('keys', 'list')).stdout;
    expect(listed).toMatch(new RegExp(`^${id} +read,write +made .*, never used +ci job\n$`));
    expect(listed).not.toContain(key);
    expect((await run('keys', 'revoke', id)).stdout).toBe(`${id} is revoked\n`);
    expect(await run('keys', 'revoke', id)).toMatchObject({
      code: 1,
      stderr: `error[not_found]: key ${id}: expected a key that is not revoked, got none\n`,
    });
  });
});

describe.runIf(findMariadbd())('on PlanetScale', () => {
  let databases: MariadbDatabases;
  beforeAll(async () => {
    databases = await startPlanetScale(findMariadbd()!);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => databases.stop());

  it('migrate finds the database in the environment', async () => {
    const catalogue = await databases.openEmpty();
    vi.stubEnv('DATABASE_URL', databases.gateway.url);
    const { code, stdout } = await runDiptych('migrate', '--database', 'planetscale', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ found: [], applied: [migration], pending: [] });
    const again = await migrate(catalogue, await readMigrations('planetscale'));
    expect(again.found).toEqual([migration]);
  });

  it.each(['verify', 'purge', 'reindex'])('%s asks where its objects are', async (command) => {
    vi.stubEnv('DATABASE_URL', databases.gateway.url);
    const flags = ['--collection', 'c', '--database', 'planetscale'];
    const { code, stderr } = await runDiptych(command, ...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[invalid_option\]: --database planetscale: expected --store/);
  });

  it('verify takes the objects that --store names', async () => {
    const catalogue = await databases.openEmpty();
    await migrate(catalogue, await readMigrations('planetscale'));
    await createCollection(catalogue, 'away');
    const store = await mkdtemp(join(tmpdir(), 'diptych-objects-'));
    vi.stubEnv('DATABASE_URL', databases.gateway.url);
    const flags = ['--collection', 'away', '--database', 'planetscale', '--store', store];
    const { code, stdout } = await runDiptych('verify', ...flags, '--json');
    await rm(store, { recursive: true });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ items: 0, differences: [] });
  });

  it('says so where there is none', async () => {
    vi.stubEnv('DATABASE_URL', '');
    const { code, stderr } = await runDiptych('migrate', '--database', 'planetscale');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[invalid_option\]: DATABASE_URL/);
  });
});

it.each([
  [['migrate', '--database', 'oracle'], /Allowed choices are local, planetscale/],
  [['keys', 'create', 'x', '--scopes', 'read,all'], /expected some of read, write, admin/],
  [['keys', 'create'], /missing required argument 'name'/],
])('refuses %j', async (args, message) => {
  const { code, stderr } = await runDiptych(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
