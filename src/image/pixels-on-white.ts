import { DiptychError } from '../errors.ts';

/** A decoded image of any kind that PNG can store. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, channels]; with a palette [height, width], positions of colours in it */
  readonly data: ArrayLike<number>;
  /** 1 or 3 colours, and one more for alpha. Colours are not multiplied by alpha. */
  readonly channels: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** Red, green, blue and, optionally, alpha of each colour. */
  readonly palette?: readonly (readonly number[])[];
}

/**
 * Lay a decoded image on the middle of a white square.
 *
 * @param size - side of the square, pixels; a larger image is cut off at the edges
 * @returns RGB8, [size, size, 3]
 * @throws DiptychError unreadable_image where a pixel has no colour in the palette
 */
export function pixelsOnWhite(image: DecodedImage, size: number): Uint8Array {
  const pixels = new Uint8Array(3 * size * size).fill(255);
  const colourAt = colourReader(image);
  const left = Math.floor((size - image.width) / 2);
  const top = Math.floor((size - image.height) / 2);
  for (let y = Math.max(0, -top); y < image.height && y + top < size; y++) {
    for (let x = Math.max(0, -left); x < image.width && x + left < size; x++) {
      const [red, green, blue, alpha] = colourAt(y * image.width + x);
      const at = 3 * ((y + top) * size + x + left);
      pixels[at] = Math.round(255 + (red - 255) * alpha);
      pixels[at + 1] = Math.round(255 + (green - 255) * alpha);
      pixels[at + 2] = Math.round(255 + (blue - 255) * alpha);
    }
  }
  return pixels;
}

/** Red, green and blue from 0 to 255, alpha from 0 to 1. */
type Colour = readonly [number, number, number, number];

function colourReader({ data, channels, depth, palette }: DecodedImage): (pixel: number) => Colour {
  if (palette) {
    return (pixel) => {
      const place = data[pixel]!;
      const colour = palette[place];
      if (!colour) {
        throw new DiptychError(
          'unreadable_image',
          `image: expected one of ${palette.length} colours of the palette, got colour ${place}`,
        );
      }
      const [red = 0, green = 0, blue = 0, alpha = 255] = colour;
      return [red, green, blue, alpha / 255];
    };
  }
  const largest = 2 ** depth - 1;
  const level = (at: number) => (data[at]! / largest) * 255;
  const isGrey = channels < 3;
  const hasAlpha = channels % 2 === 0;
  return (pixel) => {
    const at = pixel * channels;
    const alpha = hasAlpha ? data[at + channels - 1]! / largest : 1;
    return isGrey
      ? [level(at), level(at), level(at), alpha]
      : [level(at), level(at + 1), level(at + 2), alpha];
  };
}
