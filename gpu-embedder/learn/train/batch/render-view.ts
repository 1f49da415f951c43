export type Rgb = readonly [number, number, number];
export const white: Rgb = [255, 255, 255];
export const black: Rgb = [0, 0, 0];
/** Weights of red, green and blue in the brightness of a colour. */
export const luminance: Rgb = [0.3, 0.59, 0.11];

/** How one picture enters a batch: where to read each output pixel, and how to colour it. */
export interface View {
  /** Output offset from the centre -> source coordinates: rows of a 2 x 3 matrix. */
  readonly map: readonly [number, number, number, number, number, number];
  readonly background: Rgb;
  /** Recolours a monochrome picture. */
  readonly ink: Rgb | null;
  /** 3 x 3 colour matrix, row-major. */
  readonly matrix: readonly number[] | null;
  /** Draws a coloured picture in ink alone, or with ink around its colours. */
  readonly drawing?: Drawing;
  /** Moves samples sideways by row, and up and down by column. */
  readonly waves?: readonly [Wave, Wave];
  /** The part that is left out. */
  readonly gap?: Gap;
}

/** height * sin(frequency * i + phase), source pixels by output pixel. */
export interface Wave {
  readonly height: number;
  readonly frequency: number;
  readonly phase: number;
}

/** Output pixels. */
export type Gap = Readonly<Record<'left' | 'top' | 'right' | 'bottom', number>>;

/** How a coloured picture becomes a monochrome one. */
export type Drawing =
  /** Ink where the picture is darker than a threshold, or brighter if inverted. */
  | { readonly kind: 'stencil'; readonly threshold: number; readonly inverted: boolean }
  /** Ink where the brightness changes; a change from 0 to 255 gives `weight` of it. */
  | { readonly kind: 'outline' | 'outlined'; readonly weight: number };

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

/** Where to write a view: normalised CHW with side `size`, at `offset` in `out`. */
export interface Target {
  readonly size: number;
  readonly out: Float32Array;
  readonly offset: number;
  readonly normalisation: PixelNormalisation;
}

/** Write an unchanged picture over white. */
export function plainView(picture: Picture, target: Target): void {
  const ratio = picture.side / target.size;
  const map = [ratio, 0, 0, 0, ratio, 0] as const;
  render(picture, { map, background: white, ink: null, matrix: null }, target);
}

/** Red, green, blue (premultiplied, 0 to 255) and alpha (0 to 1) of the latest sample. */
const sampled = new Float64Array(4);

/** Sample the premultiplied source bilinearly; outside of it everything is transparent. */
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

/** Compute the brightness of the latest sample over white, 0 to 255. */
function brightnessOverWhite(): number {
  const colours = sampled[0] * luminance[0] + sampled[1] * luminance[1] + sampled[2] * luminance[2];
  return colours + 255 * (1 - sampled[3]);
}

/** Colour the latest sample: in ink, as a drawing in ink, or by the matrix, with or without outlines. */
function colour(picture: Picture, { ink, matrix, drawing, map }: View, x: number, y: number): void {
  // Do not destructure here: it iterates, and this runs for every pixel.
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
  if (drawing?.kind === 'outlined') {
    const [red, green, blue] = sampled;
    const cover = coverage(picture, drawing, map[0], x, y);
    sampled[0] = red * (1 - cover);
    sampled[1] = green * (1 - cover);
    sampled[2] = blue * (1 - cover);
    sampled[3] = alpha + cover * (1 - alpha);
  }
}

/** Compute how much ink a sample gets, 0 to 1. @param step - source pixels per output pixel */
function coverage(picture: Picture, drawing: Drawing, step: number, x: number, y: number): number {
  sample(picture, x, y);
  const here = brightnessOverWhite();
  if (drawing.kind === 'stencil') {
    // The threshold is soft: it is some 25 levels wide.
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

const waveAt = ({ height, frequency, phase }: Wave, at: number): number =>
  height * Math.sin(frequency * at + phase);

/** Write the view of a picture over its background. */
export function render(picture: Picture, view: View, target: Target): void {
  const { map, background, waves, gap } = view;
  const { size, out, offset, normalisation } = target;
  const plane = size * size;
  const centre = picture.side / 2 - 0.5;
  const half = size / 2 - 0.5;
  const bias = Float64Array.from(normalisation.mean, (m, c) => -m / normalisation.std[c]);
  const gain = Float64Array.from(normalisation.std, (s) => 1 / (255 * s));
  const [acrossBy, upBy] = [0, 1].map((i) =>
    Float64Array.from({ length: size }, (_, at) => (waves ? waveAt(waves[i], at) : 0)),
  );
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sourceX = map[0] * (x - half) + map[1] * (y - half) + map[2] + centre + acrossBy[y];
      const sourceY = map[3] * (x - half) + map[4] * (y - half) + map[5] + centre + upBy[x];
      sample(picture, sourceX, sourceY);
      if (gap && x >= gap.left && x < gap.right && y >= gap.top && y < gap.bottom) sampled.fill(0);
      else if (sampled[3] > 0 || view.drawing) colour(picture, view, sourceX, sourceY);
      const rest = 1 - sampled[3];
      const at = offset + y * size + x;
      for (let c = 0; c < 3; c++) {
        out[at + c * plane] = (sampled[c] + background[c] * rest) * gain[c] + bias[c];
      }
    }
  }
}
