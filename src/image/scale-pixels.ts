import type { Size } from './preprocessing.ts';

export interface Pixels extends Size {
  /** RGBA8, [height, width, 4]; colours are not multiplied by alpha */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Samples on each side of the kernel's centre. */
const lobes = 3;

/**
 * Scale an image to an exact size with Lanczos-3, as libvips and image services do. The kernel is
 * widened where the image shrinks. Colours are weighed by their alpha.
 *
 * @returns RGBA8, [height, width, 4]; colours are not multiplied by alpha
 */
export function scalePixels({ data, width, height }: Pixels, to: Size): Uint8Array {
  const premultiplied = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!;
    for (let c = 0; c < 3; c++) premultiplied[at + c] = (data[at + c]! * alpha) / 255;
    premultiplied[at + 3] = alpha;
  }
  const narrow = scaleAxis(premultiplied, {
    lines: height,
    taps: tapsOf(width, to.width),
    lineStep: [width, to.width],
    step: [1, 1],
  });
  const scaled = scaleAxis(narrow, {
    lines: to.width,
    taps: tapsOf(height, to.height),
    lineStep: [1, 1],
    step: [to.width, to.width],
  });
  return straightBytes(scaled);
}

/** The source samples that a sample of the result is made of: the first one, and their weights. */
interface Tap {
  readonly first: number;
  readonly weights: Float32Array;
}

function tapsOf(from: number, to: number): Tap[] {
  const ratio = from / to;
  const stretch = Math.max(1, ratio);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * ratio - 0.5;
    const first = Math.max(0, Math.ceil(centre - lobes * stretch));
    const last = Math.min(from - 1, Math.floor(centre + lobes * stretch));
    const weights = Float32Array.from({ length: last - first + 1 }, (_value, k) =>
      lanczos((first + k - centre) / stretch),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= lobes) return 0;
  const angle = Math.PI * x;
  return (lobes * Math.sin(angle) * Math.sin(angle / lobes)) / (angle * angle);
}

interface Axis {
  /** The number of rows or columns; each is scaled by itself. */
  readonly lines: number;
  readonly taps: readonly Tap[];
  /** Pixels from one line, and from one sample, to the next: [in the source, in the result]. */
  readonly lineStep: readonly [number, number];
  readonly step: readonly [number, number];
}

function scaleAxis(source: Float32Array, { lines, taps, lineStep, step }: Axis): Float32Array {
  const result = new Float32Array(4 * lines * taps.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < taps.length; i++) {
      const { first, weights } = taps[i]!;
      const to = 4 * (line * lineStep[1] + i * step[1]);
      for (let k = 0; k < weights.length; k++) {
        const at = 4 * (line * lineStep[0] + (first + k) * step[0]);
        for (let c = 0; c < 4; c++) result[to + c]! += weights[k]! * source[at + c]!;
      }
    }
  }
  return result;
}

/**
 * Divide colours by alpha. Lanczos overshoots at edges, so values are cut to the range of a byte.
 */
function straightBytes(premultiplied: Float32Array): Uint8Array {
  const bytes = new Uint8ClampedArray(premultiplied.length);
  for (let at = 0; at < bytes.length; at += 4) {
    const alpha = Math.min(255, premultiplied[at + 3]!);
    if (alpha < 0.5) continue;
    for (let c = 0; c < 3; c++) bytes[at + c] = (premultiplied[at + c]! * 255) / alpha;
    bytes[at + 3] = alpha;
  }
  return new Uint8Array(bytes.buffer);
}
