import { datasetWriter } from '../../../gpu-embedder/data/prepared/dataset-writer.ts';
import type { Concept } from '../../../gpu-embedder/data/prepared/prepared.ts';
import { renderSvg } from '../../../gpu-embedder/data/pictograms/render-svg.ts';

export interface Picture {
  readonly id: string;
  /** Body of an SVG of 32 x 32. */
  readonly draws: string;
  readonly title?: string;
  readonly captions?: readonly string[];
  readonly tags?: readonly string[];
  readonly concept?: string;
  readonly split?: 'train' | 'validation';
}

export const shapes = {
  disc: '<circle cx="16" cy="16" r="13" fill="#c22"/>',
  smallDisc: '<circle cx="14" cy="18" r="9" fill="#e62"/>',
  bar: '<rect x="2" y="12" width="28" height="8" fill="#26c"/>',
  corner: '<path d="M0 0h20L0 20z" fill="#181"/>',
} as const;

/** Write a prepared set of drawings, 32 pixels wide: the size for a tiny model. */
export async function writePictures(
  dir: string,
  pictures: readonly Picture[],
  concepts: readonly Concept[] = [],
): Promise<void> {
  const writer = await datasetWriter(dir, 'folder', 32);
  for (const { id, draws, concept, ...said } of pictures) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${draws}</svg>`;
    await writer.add(
      {
        id,
        title: said.title ?? '',
        captions: said.captions ?? [],
        tags: said.tags ?? [],
        ...(concept !== undefined && { concept }),
        palette: 'colour',
        split: said.split ?? 'train',
      },
      { bytes: Buffer.from(svg), type: 'image/svg+xml' },
      await renderSvg(svg, 32),
    );
  }
  await writer.finish({ concepts, sources: [], skipped: [], inputKey: 'drawings' });
}
