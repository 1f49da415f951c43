import type { Random } from '../../../common/random.ts';
import type { Drawing, Gap, Picture, Rgb, Target, View, Wave } from './render-view.ts';
import { black, luminance, render, white } from './render-view.ts';

type Colours = Pick<View, 'background' | 'ink' | 'matrix' | 'drawing'>;

/** Write a random view that suits pictograms or photographs. */
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
 * Draw a view of a pictogram. Rotation, scale, shear, shift and a slow wave imitate how sets draw one
 * thing in different proportions. A monochrome picture gets a random ink and a random background, a
 * coloured one shifted colours and a mostly white background. Now and then a part is missing.
 */
function pictogramView({ side, palette }: Picture, size: number, random: Random): View {
  const between = (low: number, high: number): number => low + random.uniform() * (high - low);
  const zoom = side / size / between(0.68, 1.15);
  const aspect = Math.exp(between(-0.2, 0.2));
  const angle = between(-0.28, 0.28);
  const shear = between(-0.2, 0.2);
  const [cos, sin] = [zoom * Math.cos(angle), zoom * Math.sin(angle)];
  const map = [
    cos * aspect,
    (cos * shear - sin) / aspect,
    between(-0.1, 0.1) * side,
    sin * aspect,
    (sin * shear + cos) / aspect,
    between(-0.1, 0.1) * side,
  ] as const;
  // Icons get less: they consist of small strokes, and each of the many icons is seen seldom.
  const strength = palette === 'mono' ? 0.5 : 1;
  const wave = (): Wave => ({
    height: between(0, 0.05) * strength * side,
    frequency: (2 * Math.PI * between(0.5, 1.5)) / size,
    phase: between(0, 2 * Math.PI),
  });
  const colours = palette === 'mono' ? monoColours(random) : colourColours(random);
  const gap = random.uniform() < 0.25 * strength ? randomGap(size, random) : undefined;
  return { map, waves: [wave(), wave()], ...colours, ...(gap && { gap }) };
}

/** Choose a rectangle of 4 to 16 % of the area (random erasing, arXiv:1708.04896). */
function randomGap(size: number, random: Random): Gap {
  const area = (0.04 + random.uniform() * 0.12) * size * size;
  const aspect = Math.exp(random.uniform() * 1.4 - 0.7);
  const [width, height] = [Math.sqrt(area * aspect), Math.sqrt(area / aspect)];
  const left = random.uniform() * (size - width);
  const top = random.uniform() * (size - height);
  return { left, top, right: left + width, bottom: top + height };
}

/** Crop at least half of the area (RandomResizedCrop, arXiv:1409.4842), with a gain per channel. */
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

/** Shares of the views of coloured pictures that are drawn in ink, or outlined with it. */
const drawnShare = 0.2;
const outlinedShare = 0.1;

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

/** Draw a coloured picture in a style of the monochrome sets, as far as its colours allow. */
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
  const matrix = random.uniform() < 0.3 ? null : colourMatrix(random);
  if (random.uniform() >= outlinedShare) return { background, ink: null, matrix };
  return {
    background,
    ink: null,
    matrix,
    drawing: { kind: 'outlined', weight: 2 + random.uniform() * 3 },
  };
}

/** Turn the hue, mix with grey, and apply a gain per channel: a 3 x 3 matrix, row-major. */
function colourMatrix(random: Random): number[] {
  // The colours may become over-saturated (grey < 0) up to grey.
  const grey = random.uniform() < 0.2 ? 1 : random.uniform() * 0.5 - 0.15;
  // Rotation around the grey axis (Rodrigues).
  const turn = random.uniform() < 0.5 ? 0 : (random.uniform() - 0.5) * 0.7;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const hue = (row: number, column: number): number => {
    const side = (row - column + 3) % 3;
    const across = side === 0 ? 0 : side === 1 ? sin / Math.sqrt(3) : -sin / Math.sqrt(3);
    return (side === 0 ? cos : 0) + (1 - cos) / 3 + across;
  };
  const matrix: number[] = [];
  for (let row = 0; row < 3; row++) {
    const gain = 0.75 + random.uniform() * 0.5;
    for (let column = 0; column < 3; column++) {
      matrix.push(gain * ((1 - grey) * hue(row, column) + grey * luminance[column]));
    }
  }
  return matrix;
}
