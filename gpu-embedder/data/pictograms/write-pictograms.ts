import { progressBar } from '../../common/progress.ts';
import type { DatasetWriter, NewItem } from '../prepared/dataset-writer.ts';
import type { PrepareReport } from '../prepared/prepared.ts';
import { isBlank, renderSvg } from './render-svg.ts';

/** A drawing of an icon. */
export interface Drawing {
  /** Set and name: `tabler:heart-filled`. */
  readonly id: string;
  readonly svg: string;
}

/** An item with its drawing, and drawings of the same thing in other styles. */
export interface Pictogram {
  readonly item: NewItem;
  readonly svg: string;
  readonly views: readonly Drawing[];
}

type Skip = PrepareReport['skipped'][number];

/** Images rendered concurrently; sharp renders on libuv's threads. */
const inFlight = 64;

/**
 * Render pictograms into a data set, then their views.
 *
 * @param imageSize - side, pixels
 * @returns the skipped drawings: unreadable ones, blank ones, and variants of a skipped icon
 */
export async function writePictograms(
  writer: DatasetWriter,
  pictograms: readonly Pictogram[],
  imageSize: number,
): Promise<Skip[]> {
  const total = pictograms.reduce((sum, { views }) => sum + 1 + views.length, 0);
  const progress = progressBar('Rendering', total);
  const skipped: Skip[] = [];
  const views: { readonly item: number; readonly drawing: Drawing }[] = [];
  let done = 0;
  let items = 0;
  try {
    const first = pictograms.map(({ item, svg }) => ({ id: item.id, svg }));
    for await (const { at, rendered } of renderAll(first, imageSize)) {
      const { item, svg, views: others } = pictograms[at];
      progress.update(++done);
      if (rendered instanceof Uint8Array) {
        await writer.add(item, { bytes: Buffer.from(svg), type: 'image/svg+xml' }, rendered);
        for (const drawing of others) views.push({ item: items, drawing });
        items += 1;
      } else {
        skipped.push(rendered, ...others.map(({ id }) => variantSkip(id, item.id)));
      }
    }
    const second = views.map(({ drawing }) => drawing);
    for await (const { at, rendered } of renderAll(second, imageSize)) {
      progress.update(++done);
      if (rendered instanceof Uint8Array) await writer.addView(views[at].item, rendered);
      else skipped.push(rendered);
    }
  } finally {
    progress.stop();
  }
  return skipped;
}

/** Make the skip of a style variant. */
export function variantSkip(id: string, of: string): Skip {
  return { where: id, reason: `a variant of ${of}`, code: 'variant' };
}

/** Render drawings in their order; an unreadable or blank drawing gives a skip. */
async function* renderAll(
  drawings: readonly Drawing[],
  size: number,
): AsyncGenerator<{ readonly at: number; readonly rendered: Uint8Array | Skip }> {
  for (let start = 0; start < drawings.length; start += inFlight) {
    const batch = drawings.slice(start, start + inFlight);
    const rendered = await Promise.all(batch.map((drawing) => tryRender(drawing, size)));
    yield* rendered.map((result, i) => ({ at: start + i, rendered: result }));
  }
}

async function tryRender({ id, svg }: Drawing, size: number): Promise<Uint8Array | Skip> {
  try {
    const pixels = await renderSvg(svg, size);
    return isBlank(pixels) ? { where: id, reason: 'nothing is drawn', code: 'blank' } : pixels;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { where: id, reason, code: 'unreadable_image' };
  }
}
