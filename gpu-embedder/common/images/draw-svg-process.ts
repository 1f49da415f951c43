import sharp from 'sharp';
import { resizedSize } from '../../../src/image/resized-size.ts';
import type { Size } from '../../../src/image/preprocessing.ts';
import { limits } from '../../../src/limits.ts';
import { answerRequests } from '../threads/answer-requests.ts';
import type { Resize } from './decode-image.ts';
import { measureSvg } from './measure-svg.ts';

/** How often a drawing is looked after, milliseconds. */
const watchMs = 20;

export interface DrawnSvg {
  /** RGBA8 [drawn.height, drawn.width, 4] */
  readonly rgba: Uint8Array;
  readonly drawn: Size;
  /** The size that the resize rule asked for; `drawn` differs where the shape is kept. */
  readonly resized: Size;
}

const answers = {
  draw: async (
    { svg, resize }: { readonly svg: Uint8Array; readonly resize: Resize },
    tellLimit: (passed: string) => void,
  ): Promise<DrawnSvg> => {
    const watch = watchOver(tellLimit);
    try {
      return await draw(svg, resize);
    } finally {
      watch.stop();
    }
  },
};

export type DrawAnswers = typeof answers;

sharp.concurrency(1);
sharp.cache(false);
// The parent is told to stop by the same signals, and ends this process when it has no more work.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', end);
answerRequests(answers);

async function draw(bytes: Uint8Array, { to, ...resize }: Resize): Promise<DrawnSvg> {
  const { svg, density, ...natural } = await measureSvg(bytes);
  const resized = resizedSize(to, natural);
  const { data, info } = await sharp(svg, { density, limitInputPixels: false })
    .resize({ ...resized, ...resize })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { rgba: data, drawn: { width: info.width, height: info.height }, resized };
}

/**
 * Look after a drawing: once it has passed a limit, say so and end this process, because nothing
 * else stops the library. The processor's time counts, so that a busy machine refuses no drawing.
 */
function watchOver(tellLimit: (passed: string) => void): { stop: () => void } {
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    const passed =
      (user + system) / 1e6 > limits.drawSeconds
        ? `takes longer than ${limits.drawSeconds} s to draw`
        : process.memoryUsage.rss() > limits.drawBytes
          ? `takes more than ${limits.drawBytes / 1024 ** 2} MB to draw`
          : undefined;
    if (passed === undefined) return;
    tellLimit(passed);
    end();
  }, watchMs);
  return { stop: () => clearInterval(timer) };
}

/** End at once: an orderly exit would wait for the library. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
