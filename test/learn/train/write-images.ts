import { datasetWriter } from '../../../gpu-embedder/data/prepared/dataset-writer.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';

export interface NoiseImages {
  readonly side?: number;
  /** One image for each, with these captions. */
  readonly captions: readonly (readonly string[])[];
  readonly split?: (index: number) => 'train' | 'validation';
  readonly label?: (index: number) => string;
  /** Whether an image has the pixels of the one before it. */
  readonly isCopy?: (index: number) => boolean;
}

/** Write a prepared set of noise images, as `prepare folder` would leave it. */
export async function writeImages(
  dir: string,
  { side = 16, captions, split = () => 'train', label, isCopy = () => false }: NoiseImages,
): Promise<void> {
  const random = createRandom(1);
  const writer = await datasetWriter(dir, 'folder', side);
  const noise = () =>
    Uint8Array.from({ length: side * side * 4 }, (_, at) =>
      at % 4 === 3 ? 255 : random.integer(256),
    );
  let pixels = noise();
  for (const [i, own] of captions.entries()) {
    if (i > 0 && !isCopy(i)) pixels = noise();
    await writer.add(
      {
        id: `image-${i}.png`,
        title: own[0],
        captions: own,
        tags: [],
        palette: 'colour',
        split: split(i),
        ...(label ? { label: label(i) } : {}),
      },
      { bytes: new Uint8Array([0]), type: 'image/png' },
      pixels,
    );
  }
  await writer.finish({ concepts: [], sources: [], skipped: [], inputKey: 'noise' });
}

const adjectives = ['red', 'green', 'blue', 'small', 'large', 'old'];
const nouns = ['house', 'boat', 'horse', 'lamp', 'river', 'spoon', 'cloud'];

/** Two captions for each of `count` images. */
export const wordCaptions = (count: number): string[][] =>
  Array.from({ length: count }, (_, i) => {
    const [adjective, noun] = [adjectives[i % 6], nouns[i % 7]];
    return [`a ${adjective} ${noun}`, `picture ${i} of a ${noun}`];
  });
