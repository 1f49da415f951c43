import type { SourceModel } from './source-model.ts';

/** Operators that pass on their input unchanged. */
const passThrough = new Set(['Cast', 'Reshape', 'Identity']);

/** Count the rows of the table that token ids index; null if there is no table. */
export function tokenIdLimit({ nodes, constants }: SourceModel): number | null {
  const ids = new Set(['input_ids']);
  const tables = new Map([...constants].map(([name, { shape }]) => [name, shape[0]]));
  for (const { opType, inputs, outputs } of nodes) {
    const [data, indices] = inputs;
    if (opType === 'Gather' && ids.has(indices) && tables.has(data)) return tables.get(data)!;
    if (!passThrough.has(opType)) continue;
    if (ids.has(data)) ids.add(outputs[0]);
    if (opType === 'Cast' && tables.has(data)) tables.set(outputs[0], tables.get(data)!);
  }
  return null;
}
