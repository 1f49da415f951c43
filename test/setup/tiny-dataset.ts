import { renderSvg } from '../../gpu-embedder/data/pictograms/render-svg.ts';
import { datasetWriter } from '../../gpu-embedder/data/prepared/dataset-writer.ts';
import type { Concept } from '../../gpu-embedder/data/prepared/prepared.ts';

/** Names of concepts, each with a keyword and a word of another language. */
const words = [
  ['birthday cake', 'party', 'pastel de cumpleaños'],
  ['angry face', 'mad', 'cara enfadada'],
  ['airplane', 'travel', 'avión'],
  ['music note', 'song', 'nota musical'],
  ['red heart', 'love', 'corazón rojo'],
  ['dog', 'pet', '犬'],
  ['cat face', 'kitten', 'gato'],
  ['shopping cart', 'trolley', 'carrito'],
] as const;
const sets = ['round', 'square'] as const;
const colours = ['#c33', '#39c', '#3a3', '#c93', '#939', '#333', '#0cc', '#f6a'];

export interface TinyDatasetChanges {
  /** Names of the concepts to leave out. */
  readonly without?: readonly string[];
  /** Names of the concepts whose pictures are drawn differently. */
  readonly redrawn?: readonly string[];
}

/** Write an item for each concept and set: `round:birthday-cake`, …; only round items have a size. */
export async function writeTinyDataset(
  dir: string,
  imageSize: number,
  { without = [], redrawn = [] }: TinyDatasetChanges = {},
): Promise<void> {
  const writer = await datasetWriter(dir, 'pictograms', imageSize);
  const kept = words.filter(([name]) => !without.includes(name));
  for (const [name] of kept) {
    const colour = colours[words.findIndex(([other]) => other === name)];
    for (const set of sets) {
      const svg = shape(set, redrawn.includes(name) ? '#fc0' : colour);
      const item = {
        id: `${set}:${name.replaceAll(' ', '-')}`,
        title: name,
        captions: [],
        tags: [],
        concept: conceptId(name),
        set,
        ...(set === 'round' && { width: 64, height: 48 }),
        palette: 'colour',
        split: 'train',
      } as const;
      const image = { bytes: Buffer.from(svg), type: 'image/svg+xml' };
      await writer.add(item, image, await renderSvg(svg, imageSize));
    }
  }
  const concepts: Concept[] = kept.map(([name, keyword, foreign]) => ({
    id: conceptId(name),
    names: [name],
    keywords: [keyword],
    languages: { xx: { names: [foreign], keywords: [] } },
  }));
  await writer.finish({ concepts, sources: [], skipped: [], inputKey: 'tiny' });
}

const conceptId = (name: string) => `icon:${name.replaceAll(' ', '')}`;

function shape(set: (typeof sets)[number], fill: string): string {
  const body =
    set === 'round'
      ? `<circle cx="16" cy="16" r="12" fill="${fill}"/>`
      : `<rect x="5" y="8" width="22" height="16" fill="${fill}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${body}</svg>`;
}
