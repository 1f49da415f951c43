import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import sharp, { type Sharp } from 'sharp';
import type { Size } from '../../../src/image/preprocessing.ts';
import { askThread } from '../threads/ask-thread.ts';
import { startProcess } from '../threads/start-process.ts';
import { createThreadPool } from '../threads/thread-pool.ts';
import type { Resize } from './decode-image.ts';
import type { DrawAnswers } from './draw-svg-process.ts';

/**
 * Processes that draw, one SVG at a time each. A few bytes of SVG can take minutes and gigabytes to
 * draw, the library cannot be stopped, and a process can. Of several decoding threads each has one.
 */
const processes = createThreadPool(
  () =>
    askThread<DrawAnswers>(startProcess(new URL('./draw-svg-process.ts', import.meta.url)), {
      what: 'the process that drew it',
      code: 'unreadable_image',
    }),
  { threads: isMainThread ? availableParallelism() : 1, perThread: 1 },
);

/**
 * Draw an SVG at the size that is wanted.
 *
 * @returns the drawing, and the size that the resize rule asked for
 * @throws Error - it is no SVG, has no size, or takes more time or memory than one may
 */
export async function drawSvg(
  svg: Uint8Array,
  resize: Resize,
): Promise<{ image: Sharp; size: Size }> {
  let limit: string | undefined;
  try {
    const { rgba, drawn, resized } = await processes.ask(
      'draw',
      { svg, resize },
      (passed: string) => void (limit = passed),
    );
    return { image: sharp(rgba, { raw: { ...drawn, channels: 4 } }), size: resized };
  } catch (cause) {
    throw limit === undefined ? cause : new Error(limit, { cause });
  }
}
