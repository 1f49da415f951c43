import { datasetWriter } from '../../gpu-embedder/data/prepared/dataset-writer.ts';
import { renderSvg } from '../../gpu-embedder/data/pictograms/render-svg.ts';

const colours = {
  red: ['#d22', 'rojo'],
  green: ['#2a2', 'verde'],
  blue: ['#22d', 'azul'],
  yellow: ['#dd2', 'amarillo'],
  grey: ['#888', 'gris'],
} as const;
const things = {
  cake: 'pastel',
  heart: 'corazón',
  dog: 'perro',
  cart: 'carrito',
  house: 'casa',
  tree: 'árbol',
  boat: 'barco',
  star: 'estrella',
  moon: 'luna',
  fish: 'pez',
  apple: 'manzana',
  candle: 'vela',
} as const;
const sets = ['filled', 'outline'] as const;

/** Names of what the data set shows: "red cake", … */
export const shapeNames = Object.keys(colours).flatMap((colour) =>
  Object.keys(things).map((thing) => `${colour} ${thing}`),
);

/** Write a polygon for each name and set, which is enough for searches whose results differ. */
export async function writeShapesDataset(dir: string, imageSize: number): Promise<void> {
  const writer = await datasetWriter(dir, 'pictograms', imageSize);
  const concepts = [];
  for (const [colour, [fill, foreignColour]] of Object.entries(colours)) {
    for (const [corners, [thing, foreign]] of Object.entries(things).entries()) {
      const concept = `icon:${colour}-${thing}`;
      concepts.push({
        ...{ id: concept, names: [`${colour} ${thing}`], keywords: [thing, 'thing'] },
        languages: { es: { names: [`${foreign} ${foreignColour}`], keywords: [] } },
      });
      for (const set of sets) {
        const svg = polygon(corners + 3, set === 'filled' ? fill : 'none', fill);
        const item = {
          id: `${set}:${colour}-${thing}`,
          title: `${colour} ${thing}`,
          captions: [],
          tags: [],
          concept,
          set,
          palette: 'colour',
          split: 'train',
        } as const;
        const image = { bytes: Buffer.from(svg), type: 'image/svg+xml' };
        await writer.add(item, image, await renderSvg(svg, imageSize));
      }
    }
  }
  await writer.finish({ concepts, sources: [], skipped: [], inputKey: 'shapes' });
}

function polygon(corners: number, fill: string, stroke: string): string {
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    const length = i % 2 === 0 ? 14 : 20 - corners;
    return `${16 + length * Math.sin(angle)},${16 - length * Math.cos(angle)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><polygon points="${points.join(' ')}" fill="${fill}" stroke="${stroke}" stroke-width="2"/></svg>`;
}
