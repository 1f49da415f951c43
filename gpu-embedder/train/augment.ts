import type { Random } from '../random.ts';

type Rgb = readonly [number, number, number];
const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
const luminance: Rgb = [0.3, 0.59, 0.11];

/** How one picture enters a batch: where each output pixel is read, and its colours. */
interface View {
  /** Output offset from the centre -> source coordinates: rows of a 2 x 3 matrix. */
  readonly map: readonly [number, number, number, number, number, number];
  readonly background: Rgb;
  /** Recolours a monochrome picture. */
  readonly ink: Rgb | null;
  /** 3 x 3 colour matrix, row-major. */
  readonly matrix: readonly number[] | null;
}

export interface Picture {
  /** [side, side, 4] RGBA, alpha premultiplied. */
  readonly pixels: Uint8Array;
  readonly side: number;
  readonly palette: 'colour' | 'mono';
}

/** (x / 255 - mean) / std, per channel. */
export interface PixelNormalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Where a view goes: normalised CHW of side `size` at `offset` of `out`. */
export interface Target {
  readonly size: number;
  readonly out: Float32Array;
  readonly offset: number;
  readonly normalisation: PixelNormalisation;
}

/** Write a picture as it is, over white. */
export function plainView(picture: Picture, target: Target): void {
  const ratio = picture.side / target.size;
  const map = [ratio, 0, 0, 0, ratio, 0] as const;
  render(picture, { map, background: white, ink: null, matrix: null }, target);
}

/** Write a random view, as it suits pictograms or photographs. */
export function randomView(
  picture: Picture,
  target: Target,
  kind: 'pictogram' | 'photograph',
  random: Random,
): void {
  const view = kind === 'pictogram' ? pictogramView : photographView;
  render(picture, view(picture, target.size, random), target);
}

/**
 * Small rotation, scale and shift; a monochrome picture in random ink on a random background, a
 * coloured one with its colours shifted on a mostly white background.
 */
function pictogramView({ side, palette }: Picture, size: number, random: Random): View {
  const zoom = side / size / (0.78 + random.uniform() * 0.37);
  const angle = (random.uniform() - 0.5) * 0.3;
  const [zoomX, zoomY] = [0, 1].map(() => zoom * (0.94 + random.uniform() * 0.12));
  const [shiftX, shiftY] = [0, 1].map(() => (random.uniform() - 0.5) * side * 0.14);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const map = [cos * zoomX, -sin * zoomY, shiftX, sin * zoomX, cos * zoomY, shiftY] as const;
  return { map, ...(palette === 'mono' ? monoColours(random) : colourColours(random)) };
}

/** A crop of at least half the area (RandomResizedCrop, arXiv:1409.4842) with a gain a channel. */
function photographView({ side }: Picture, size: number, random: Random): View {
  const area = 0.5 + random.uniform() * 0.5;
  const aspect = Math.exp((random.uniform() - 0.5) * 0.5);
  const [cropX, cropY] = [aspect, 1 / aspect].map((a) => Math.min(1, Math.sqrt(area * a)));
  const [shiftX, shiftY] = [cropX, cropY].map((c) => (random.uniform() - 0.5) * side * (1 - c));
  const ratio = side / size;
  const gains = [0, 1, 2].map(() => 0.9 + random.uniform() * 0.2);
  return {
    map: [ratio * cropX, 0, shiftX, 0, ratio * cropY, shiftY],
    background: white,
    ink: null,
    matrix: [gains[0], 0, 0, 0, gains[1], 0, 0, 0, gains[2]],
  };
}

const randomColour = (random: Random): Rgb => [
  random.uniform() * 255,
  random.uniform() * 255,
  random.uniform() * 255,
];
const brightness = (c: Rgb) => c[0] * luminance[0] + c[1] * luminance[1] + c[2] * luminance[2];

function monoColours(random: Random): Pick<View, 'background' | 'ink' | 'matrix'> {
  const u = random.uniform();
  if (u < 0.4) return { background: white, ink: black, matrix: null };
  if (u < 0.5) return { background: black, ink: white, matrix: null };
  for (;;) {
    const ink = randomColour(random);
    const background = random.uniform() < 0.5 ? white : randomColour(random);
    if (Math.abs(brightness(ink) - brightness(background)) >= 70) {
      return { background, ink, matrix: null };
    }
  }
}

function colourColours(random: Random): Pick<View, 'background' | 'ink' | 'matrix'> {
  const u = random.uniform();
  const background = u < 0.6 ? white : u < 0.72 ? black : randomColour(random);
  if (random.uniform() < 0.4) return { background, ink: null, matrix: null };
  // Between over-saturated (grey < 0) and grey, with a gain per channel.
  const grey = random.uniform() < 0.15 ? 1 : random.uniform() * 0.35 - 0.1;
  const matrix: number[] = [];
  for (let row = 0; row < 3; row++) {
    const gain = 0.85 + random.uniform() * 0.3;
    for (let column = 0; column < 3; column++) {
      matrix.push(gain * ((row === column ? 1 - grey : 0) + grey * luminance[column]));
    }
  }
  return { background, ink: null, matrix };
}

/** Bilinear sampling of the premultiplied source, coloured, over the background. */
function render(picture: Picture, view: View, target: Target): void {
  const { pixels, side } = picture;
  const { map, background, ink, matrix } = view;
  const { size, out, offset, normalisation } = target;
  const plane = size * size;
  const centre = side / 2 - 0.5;
  const half = size / 2 - 0.5;
  const [biasR, biasG, biasB] = normalisation.mean.map((m, c) => -m / normalisation.std[c]);
  const [gainR, gainG, gainB] = normalisation.std.map((s) => 1 / (255 * s));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sourceX = map[0] * (x - half) + map[1] * (y - half) + map[2] + centre;
      const sourceY = map[3] * (x - half) + map[4] * (y - half) + map[5] + centre;
      let alpha = 0;
      let r = 0;
      let g = 0;
      let b = 0;
      const x0 = Math.floor(sourceX);
      const y0 = Math.floor(sourceY);
      if (x0 >= -1 && y0 >= -1 && x0 < side && y0 < side) {
        const fx = sourceX - x0;
        const fy = sourceY - y0;
        for (let corner = 0; corner < 4; corner++) {
          const cx = x0 + (corner & 1);
          const cy = y0 + (corner >> 1);
          if (cx < 0 || cy < 0 || cx >= side || cy >= side) continue;
          const w = (corner & 1 ? fx : 1 - fx) * (corner >> 1 ? fy : 1 - fy);
          const at = (cy * side + cx) * 4;
          r += pixels[at] * w;
          g += pixels[at + 1] * w;
          b += pixels[at + 2] * w;
          alpha += pixels[at + 3] * w;
        }
        alpha /= 255;
        if (ink) {
          r = ink[0] * alpha;
          g = ink[1] * alpha;
          b = ink[2] * alpha;
        } else if (matrix) {
          const red = matrix[0] * r + matrix[1] * g + matrix[2] * b;
          const green = matrix[3] * r + matrix[4] * g + matrix[5] * b;
          const blue = matrix[6] * r + matrix[7] * g + matrix[8] * b;
          const most = 255 * alpha;
          r = Math.min(most, Math.max(0, red));
          g = Math.min(most, Math.max(0, green));
          b = Math.min(most, Math.max(0, blue));
        }
      }
      const rest = 1 - alpha;
      const at = offset + y * size + x;
      out[at] = (r + background[0] * rest) * gainR + biasR;
      out[at + plane] = (g + background[1] * rest) * gainG + biasG;
      out[at + 2 * plane] = (b + background[2] * rest) * gainB + biasB;
    }
  }
}
