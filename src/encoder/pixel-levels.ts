import type { ImageTowerHeader } from '../version/weights-format.ts';

/** The normalised value of each of the 256 levels of each colour. */
export function pixelLevels({ rescale, mean, std }: ImageTowerHeader): readonly Float32Array[] {
  return mean.map((centre, colour) =>
    Float32Array.from({ length: 256 }, (_, x) => (x * rescale - centre) / std[colour]!),
  );
}
