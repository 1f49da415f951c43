import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../gpu-embedder/operate/catalogue/read-migrations.ts';
import { describeSchema } from '../../src/catalogue/schema/describe-schema.ts';
import { migrate, splitStatements } from '../../src/catalogue/schema/migrate.ts';
import { catalogueSchema } from '../../src/catalogue/schema/schema.ts';
import { mariadbMissing, testDatabases } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

const names = ['0001_catalogue.sql'];

if (mariadbMissing) it.skip(mariadbMissing);

describe.each(testDatabases)('migrate (%s)', (_, start) => {
  const databases = useDatabases(start);

  it('makes the tables that the code expects, the same in every database', async () => {
    const catalogue = await databases.openEmpty();
    expect(await describeSchema(catalogue)).toEqual({});
    await migrate(catalogue, await readMigrations(catalogue.kind));
    expect(await describeSchema(catalogue)).toEqual(catalogueSchema);
  });

  it('changes nothing in a dry run, nor when it is run again', async () => {
    const catalogue = await databases.openEmpty({ now: () => 5 });
    const files = await readMigrations(catalogue.kind);
    const dry = await migrate(catalogue, files, { dryRun: true });
    expect(dry).toEqual({ found: [], applied: [], pending: names });
    expect(await describeSchema(catalogue)).toEqual({});
    expect(await migrate(catalogue, files)).toEqual({ found: [], applied: names, pending: [] });
    const again = { found: names, applied: [], pending: [] };
    expect(await migrate(catalogue, files)).toEqual(again);
    expect(await migrate(catalogue, files, { dryRun: true })).toEqual(again);
    const row = await catalogue.db.selectFrom('migrations').selectAll().execute();
    expect(row).toEqual([expect.objectContaining({ name: names[0], appliedAt: 5 })]);
  });

  it('may run twice at once', async () => {
    const catalogue = await databases.openEmpty();
    const files = await readMigrations(catalogue.kind);
    await Promise.all([migrate(catalogue, files), migrate(catalogue, files)]);
    expect(await describeSchema(catalogue)).toEqual(catalogueSchema);
    expect(await catalogue.db.selectFrom('migrations').selectAll().execute()).toHaveLength(1);
  });

  it('refuses a changed, a missing and a late migration, and says which', async () => {
    const catalogue = await databases.open();
    const [file] = await readMigrations(catalogue.kind);
    const changed = migrate(catalogue, [{ ...file, sql: `${file.sql}\n-- changed` }]);
    await expect(changed).rejects.toMatchObject({
      code: 'catalogue_drift',
      message: expect.stringContaining('0001_catalogue.sql was changed after it was applied'),
    });
    await expect(migrate(catalogue, [])).rejects.toThrow(/0001_catalogue.sql.*not among/);
    const late = { name: '0000_late.sql', sql: 'create table late (a integer);' };
    await expect(migrate(catalogue, [late, file])).rejects.toThrow(/0000_late.sql is new, but/);
  });

  it('does not mind line ends of another system', async () => {
    const catalogue = await databases.open();
    const [file] = await readMigrations(catalogue.kind);
    const other = { ...file, sql: file.sql.replaceAll('\n', '\r\n') };
    expect((await migrate(catalogue, [other])).found).toEqual(names);
  });

  it('tells how tables differ that somebody changed', async () => {
    const catalogue = await databases.open();
    const { db } = catalogue;
    await sql`drop table label_sets`.execute(db);
    await sql`alter table images add column colour integer`.execute(db);
    await sql`create index api_keys_by_name on api_keys (name)`.execute(db);
    const error: unknown = await migrate(catalogue, await readMigrations(catalogue.kind)).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      code: 'catalogue_drift',
      details: {
        differences: [
          'api_keys: index api_keys_by_name: expected none, got name',
          'images: column colour: expected none, got integer?',
          'table label_sets is missing',
        ],
      },
    });
  });

  it('leaves other tables of the database alone', async () => {
    const catalogue = await databases.open();
    await sql`create table visitors (a integer)`.execute(catalogue.db);
    expect((await migrate(catalogue, await readMigrations(catalogue.kind))).found).toEqual(names);
  });
});

it('splits a file into statements', () => {
  const file =
    "-- a; comment\ncreate table a (b text default ';x');\n\ninsert into a\n values (1) ; ";
  expect(splitStatements(file)).toEqual([
    "create table a (b text default ';x')",
    'insert into a\n values (1)',
  ]);
});
