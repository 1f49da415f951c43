import type { Catalogue } from './catalogue.ts';
import { insertRows } from './insert-rows.ts';
import { catalogueLimits, checkLength } from './limits.ts';
import type { LabelSetRow } from './schema/tables.ts';

export interface LabelSet extends Omit<LabelSetRow, 'labels'> {
  readonly labels: readonly string[];
}

/**
 * Write a label set; it replaces an older one of the same name.
 *
 * @throws DiptychError bad_request
 */
export async function putLabelSet(
  catalogue: Catalogue,
  name: string,
  labels: readonly string[],
): Promise<void> {
  checkLength('label set name', name, catalogueLimits.name);
  const time = catalogue.now();
  const row = { name, labels: JSON.stringify(labels), createdAt: time, updatedAt: time };
  await catalogue.atomically(insertRows(catalogue, 'labelSets', [row], ['labels', 'updatedAt']));
}

export async function getLabelSet({ db }: Catalogue, name: string): Promise<LabelSet | undefined> {
  const row = await db
    .selectFrom('labelSets')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
  return row && toLabelSet(row);
}

/** List all label sets, by name. */
export async function listLabelSets({ db }: Catalogue): Promise<LabelSet[]> {
  return (await db.selectFrom('labelSets').selectAll().orderBy('name').execute()).map(toLabelSet);
}

/** Remove a label set. @returns whether it existed */
export async function removeLabelSet({ db }: Catalogue, name: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('labelSets')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

function toLabelSet({ labels, ...row }: LabelSetRow): LabelSet {
  return { ...row, labels: JSON.parse(labels) as string[] };
}
