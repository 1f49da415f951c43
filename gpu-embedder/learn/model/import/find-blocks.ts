import type { SourceModel } from './source-model.ts';

/** The innermost layer in a name: `layers.11`, `stages.2.blocks.1`. */
const blockName = /(?:\w*stages?[./]\d+[./])?(?:\w*layers?|\w*blocks?|\bh)[./]\d+(?=[./])/g;

const blockOf = (name: string): string | undefined =>
  [...name.matchAll(blockName)].at(-1)?.[0].replaceAll('/', '.');

/**
 * Find the blocks of a tower by the layer indices in the names of weights and nodes.
 *
 * @returns for each block the position of its first node among all nodes, in ascending order
 */
export function findBlocks(source: SourceModel): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  source.nodes.forEach(({ name, inputs }, position) => {
    const weights = inputs.filter((input) => source.weights.has(input));
    for (const candidate of [name, ...weights]) {
      const block = blockOf(candidate);
      if (block !== undefined && !starts.has(block)) starts.set(block, position);
    }
  });
  return starts;
}

/** For each weight, find the position of the first node that reads it. */
export function firstUses(source: SourceModel): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  source.nodes.forEach(({ inputs }, position) => {
    for (const input of inputs)
      if (source.weights.has(input) && !uses.has(input)) uses.set(input, position);
  });
  return uses;
}
