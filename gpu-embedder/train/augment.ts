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
  /** Draws a coloured picture in ink alone. */
  readonly drawing?: Drawing;
}

/** How a coloured picture becomes a monochrome one. */
type Drawing =
  /** Ink where it is darker than a brightness, or brighter. */
  | { readonly kind: 'stencil'; readonly threshold: number; readonly inverted: boolean }
  /** Ink where colours change, [weight] for a step of brightness from 0 to 255. */
  | { readonly kind: 'outline'; readonly weight: number };

type Colours = Pick<View, 'background' | 'ink' | 'matrix' | 'drawing'>;

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

/** Share of the views of coloured pictures that are drawn in ink. */
const drawnShare = 0.2;

const randomColour = (random: Random): Rgb => [
  random.uniform() * 255,
  random.uniform() * 255,
  random.uniform() * 255,
];
const brightness = (c: Rgb) => c[0] * luminance[0] + c[1] * luminance[1] + c[2] * luminance[2];

function monoColours(random: Random): Colours {
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

/** The same thing in the styles of monochrome sets, as far as a coloured picture gives them. */
function drawnColours(random: Random): Colours {
  const drawing: Drawing =
    random.uniform() < 0.6
      ? {
          kind: 'stencil',
          threshold: 70 + random.uniform() * 140,
          inverted: random.uniform() < 0.3,
        }
      : { kind: 'outline', weight: 2 + random.uniform() * 4 };
  return { ...monoColours(random), drawing };
}

function colourColours(random: Random): Colours {
  if (random.uniform() < drawnShare) return drawnColours(random);
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

/** Red, green, blue (premultiplied, 0 to 255) and alpha (0 to 1) of the latest sample. */
const sampled = new Float64Array(4);

/** Sample the premultiplied source, bilinear; transparent outside of it. */
function sample({ pixels, side }: Picture, x: number, y: number): void {
  sampled.fill(0);
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  if (x0 < -1 || y0 < -1 || x0 >= side || y0 >= side) return;
  const fx = x - x0;
  const fy = y - y0;
  for (let corner = 0; corner < 4; corner++) {
    const cx = x0 + (corner & 1);
    const cy = y0 + (corner >> 1);
    if (cx < 0 || cy < 0 || cx >= side || cy >= side) continue;
    const w = (corner & 1 ? fx : 1 - fx) * (corner >> 1 ? fy : 1 - fy);
    const at = (cy * side + cx) * 4;
    sampled[0] += pixels[at] * w;
    sampled[1] += pixels[at + 1] * w;
    sampled[2] += pixels[at + 2] * w;
    sampled[3] += (pixels[at + 3] * w) / 255;
  }
}

/** Brightness of the latest sample over white, 0 to 255. */
function brightnessOverWhite(): number {
  const colours = sampled[0] * luminance[0] + sampled[1] * luminance[1] + sampled[2] * luminance[2];
  return colours + 255 * (1 - sampled[3]);
}

/** Colour the latest sample: ink, a drawing in ink, or the colour matrix. */
function colour(picture: Picture, { ink, matrix, drawing, map }: View, x: number, y: number): void {
  // Not by destructuring, which iterates: this runs for every pixel.
  const r = sampled[0];
  const g = sampled[1];
  const b = sampled[2];
  const alpha = sampled[3];
  if (ink) {
    const cover = drawing ? coverage(picture, drawing, map[0], x, y) : alpha;
    for (let c = 0; c < 3; c++) sampled[c] = ink[c] * cover;
    sampled[3] = cover;
  } else if (matrix) {
    for (let c = 0; c < 3; c++) {
      const mixed = matrix[3 * c] * r + matrix[3 * c + 1] * g + matrix[3 * c + 2] * b;
      sampled[c] = Math.min(255 * alpha, Math.max(0, mixed));
    }
  }
}

/** How much of a sample is inked, 0 to 1. @param step - source pixels of an output pixel */
function coverage(picture: Picture, drawing: Drawing, step: number, x: number, y: number): number {
  const here = brightnessOverWhite();
  if (drawing.kind === 'stencil') {
    // A soft threshold, some 25 levels wide.
    const dark = clamp((drawing.threshold - here) / 25 + 0.5);
    return drawing.inverted ? sampled[3] * (1 - dark) : dark;
  }
  sample(picture, x + step, y);
  const right = brightnessOverWhite() - here;
  sample(picture, x, y + step);
  const below = brightnessOverWhite() - here;
  return clamp((Math.hypot(right, below) * drawing.weight) / 255);
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x));

/** Write the view of a picture over its background. */
function render(picture: Picture, view: View, target: Target): void {
  const { map, background } = view;
  const { size, out, offset, normalisation } = target;
  const plane = size * size;
  const centre = picture.side / 2 - 0.5;
  const half = size / 2 - 0.5;
  const bias = Float64Array.from(normalisation.mean, (m, c) => -m / normalisation.std[c]);
  const gain = Float64Array.from(normalisation.std, (s) => 1 / (255 * s));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sourceX = map[0] * (x - half) + map[1] * (y - half) + map[2] + centre;
      const sourceY = map[3] * (x - half) + map[4] * (y - half) + map[5] + centre;
      sample(picture, sourceX, sourceY);
      if (sampled[3] > 0 || view.drawing) colour(picture, view, sourceX, sourceY);
      const rest = 1 - sampled[3];
      const at = offset + y * size + x;
      for (let c = 0; c < 3; c++) {
        out[at + c * plane] = (sampled[c] + background[c] * rest) * gain[c] + bias[c];
      }
    }
  }
}
