import type { Concept, Item } from '../../gpu-embedder/data/prepared/prepared.ts';
import type { PreparedDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';

/** Emoji of the concepts of the tiny data set. */
const hexcodes: Readonly<Record<string, string>> = {
  'birthday cake': '1f382',
  'angry face': '1f620',
  airplane: '2708',
  'music note': '1f3b5',
  'red heart': '2764',
  dog: '1f415',
  'cat face': '1f431',
  'shopping cart': '1f6d2',
};

/** Give the pictures of the tiny data set the concepts of emoji, which CLDR annotates. */
export function asEmoji(dataset: PreparedDataset): PreparedDataset {
  const ofItem = (item: Item): Item => ({ ...item, concept: hexcodes[item.title] });
  const concepts = [...dataset.concepts.values()].map((concept): [string, Concept] => {
    const id = hexcodes[concept.names[0]];
    const languages = { ja: { names: ['名前'], keywords: [] } };
    return [id, { ...concept, id, languages }];
  });
  return { ...dataset, items: dataset.items.map(ofItem), concepts: new Map(concepts) };
}
