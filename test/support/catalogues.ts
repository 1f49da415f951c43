import { readMigrations } from '../../gpu-embedder/operate/catalogue/read-migrations.ts';
import { startD1Runtime } from '../../gpu-embedder/operate/store/d1-runtime.ts';
import type { Catalogue, CatalogueOptions } from '../../src/catalogue/catalogue.ts';
import { migrate } from '../../src/catalogue/schema/migrate.ts';
import { openD1 } from '../../src/catalogue/drivers/open-d1.ts';
import { openPlanetScale } from '../../src/catalogue/drivers/open-planetscale.ts';
import { findMariadbd, startMariadb } from './mariadb.ts';
import { startPlanetScaleGateway, type PlanetScaleGateway } from './planetscale-gateway.ts';

/** A database server for tests. */
export interface TestDatabases {
  /** An empty database, without tables. */
  openEmpty(options?: CatalogueOptions): Promise<Catalogue>;
  /** A database with the tables of the migrations. */
  open(options?: CatalogueOptions): Promise<Catalogue>;
  stop(): Promise<void>;
}

/** Number of databases in one runtime. */
const d1Databases = 24;

/** D1 in workerd, in memory. */
export async function startD1(): Promise<TestDatabases> {
  const names = Array.from({ length: d1Databases }, (_, i) => `database${i}`);
  const runtime = await startD1Runtime(Object.fromEntries(names.map((name) => [name, name])));
  return withTables(
    async (options) => {
      const name = names.pop();
      if (!name) throw new Error(`expected at most ${d1Databases} databases in a test file`);
      return openD1(runtime.open(name), options);
    },
    () => runtime.stop(),
  );
}

/** MariaDB, used through the real PlanetScale driver. */
export interface MariadbDatabases extends TestDatabases {
  /** Gateway of the database that was opened last. */
  readonly gateway: PlanetScaleGateway;
}

/** @param program - path of mariadbd */
export async function startPlanetScale(program: string): Promise<MariadbDatabases> {
  const server = await startMariadb(program);
  const gateways: PlanetScaleGateway[] = [];
  const databases = withTables(
    async (options) => {
      const name = `catalogue${gateways.length}`;
      await server.createDatabase(name);
      const gateway = await startPlanetScaleGateway({ socketPath: server.socketPath, name });
      gateways.push(gateway);
      return openPlanetScale({ url: gateway.url, ...options });
    },
    async () => {
      await Promise.allSettled(gateways.map((gateway) => gateway.stop()));
      await server.stop();
    },
  );
  return {
    ...databases,
    get gateway() {
      return gateways.at(-1)!;
    },
  };
}

function withTables(
  openEmpty: (options?: CatalogueOptions) => Promise<Catalogue>,
  stop: () => Promise<void>,
): TestDatabases {
  return {
    openEmpty,
    async open(options) {
      const catalogue = await openEmpty(options);
      await migrate(catalogue, await readMigrations(catalogue.kind));
      return catalogue;
    },
    stop,
  };
}

const mariadbd = findMariadbd();

/** Title of a skipped test that reports a missing MariaDB; undefined if it is installed. */
export const mariadbMissing = mariadbd
  ? undefined
  : 'mariadbd is not installed (Debian: mariadb-server): nothing is tested against it';

/** The databases that a test runs for: `describe.each(testDatabases)`. */
export const testDatabases: readonly [string, () => Promise<TestDatabases>][] = [
  ['D1', startD1],
  ...(mariadbd
    ? [['PlanetScale', () => startPlanetScale(mariadbd)] as [string, () => Promise<TestDatabases>]]
    : []),
];
