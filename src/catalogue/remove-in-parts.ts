import type { Compilable } from 'kysely';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';

/** PlanetScale refuses a statement that changes more than 100,000 rows. */
const rowsOfPart = 10_000;

/**
 * Remove many rows, a part at a time.
 *
 * @param select - finds keys of rows that are still to be removed, at most `limit`
 * @param remove - makes the statement that removes the rows with these keys
 */
export async function removeInParts(
  catalogue: Catalogue,
  select: (limit: number) => Promise<readonly { readonly key: string }[]>,
  remove: (keys: readonly string[]) => Compilable,
): Promise<void> {
  for (;;) {
    const rows = await select(rowsOfPart);
    if (rows.length === 0) return;
    await catalogue.atomically(chunks(rows.map(({ key }) => key)).map(remove));
  }
}
