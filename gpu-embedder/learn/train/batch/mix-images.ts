import type { Random } from '../../../common/random.ts';

/** Arrays of a batch with one row per image; `pixels` is [rows, 3, size, size]. */
interface Mixable {
  readonly pixels: Float32Array;
  /** [rows, …]. */
  readonly targets: readonly Float32Array[];
}

/**
 * Mix a share of the rows with the next row, in place. Half of them are blended (mixup,
 * arXiv:1710.09412), half get a rectangle of the other (CutMix, arXiv:1905.04899). Targets are mixed in
 * the same way as pixels. So no picture can be learnt by heart.
 */
export function mixImages(
  { pixels, targets }: Mixable,
  rows: number,
  size: number,
  share: number,
  random: Random,
): void {
  const length = 3 * size * size;
  // Keep the original rows: a partner may have been mixed already.
  const [before, ...targetsBefore] = [pixels, ...targets].map((array) => array.slice());
  for (let row = 0; row < rows; row++) {
    if (random.uniform() >= share) continue;
    const partner = (row + 1) % rows;
    const own = pixels.subarray(row * length, (row + 1) * length);
    const other = before.subarray(partner * length, (partner + 1) * length);
    const kept =
      random.uniform() < 0.5 ? blend(own, other, random) : paste(own, other, size, random);
    targets.forEach((array, i) => {
      const width = array.length / rows;
      for (let c = 0; c < width; c++) {
        const at = row * width + c;
        const theirs = targetsBefore[i][partner * width + c];
        if (array[at] !== 0 || theirs !== 0) array[at] = kept * array[at] + (1 - kept) * theirs;
      }
    });
  }
}

/** @returns the weight of the row's own pixels */
function blend(own: Float32Array, other: Float32Array, random: Random): number {
  const kept = 0.5 + random.uniform() * 0.5;
  for (let i = 0; i < own.length; i++) own[i] = kept * own[i] + (1 - kept) * other[i];
  return kept;
}

/** @returns the share of the row's own pixels */
function paste(own: Float32Array, other: Float32Array, size: number, random: Random): number {
  const side = Math.sqrt(random.uniform() * 0.5);
  const edge = Math.round(side * size);
  const left = random.integer(size - edge + 1);
  const top = random.integer(size - edge + 1);
  for (let c = 0; c < 3; c++) {
    for (let y = top; y < top + edge; y++) {
      const from = (c * size + y) * size + left;
      own.set(other.subarray(from, from + edge), from);
    }
  }
  return 1 - (edge * edge) / (size * size);
}
