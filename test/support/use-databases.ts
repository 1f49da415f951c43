import { afterAll, beforeAll } from 'vitest';
import type { TestDatabases } from './catalogues.ts';

/**
 * Start a database server before the tests of this file or block, and stop it after them.
 *
 * Call it before the `beforeAll` that opens a catalogue, because hooks run in their order.
 */
export function useDatabases(start: () => Promise<TestDatabases>): Omit<TestDatabases, 'stop'> {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases.stop());
  return {
    openEmpty: (options) => databases.openEmpty(options),
    open: (options) => databases.open(options),
  };
}
