/**
 * For each EXIF orientation, the place in the stored image of the pixel (x, y) of the upright
 * image.
 */
const sources: Readonly<
  Record<number, (x: number, y: number, last: number) => readonly [number, number]>
> = {
  2: (x, y, last) => [last - x, y],
  3: (x, y, last) => [last - x, last - y],
  4: (x, y, last) => [x, last - y],
  5: (x, y) => [y, x],
  6: (x, y, last) => [y, last - x],
  7: (x, y, last) => [last - y, last - x],
  8: (x, y, last) => [last - y, x],
};

/**
 * Turn a square image upright.
 *
 * @param pixels - RGB8, [size, size, 3], as they are stored
 * @param orientation - the EXIF orientation, 1 to 8
 */
export function turnUpright(pixels: Uint8Array, size: number, orientation: number): Uint8Array {
  const source = sources[orientation];
  if (!source) return pixels;
  const upright = new Uint8Array(pixels.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [fromX, fromY] = source(x, y, size - 1);
      const from = 3 * (fromY * size + fromX);
      upright.set(pixels.subarray(from, from + 3), 3 * (y * size + x));
    }
  }
  return upright;
}
