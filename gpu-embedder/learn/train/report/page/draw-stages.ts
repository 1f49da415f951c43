import type uPlot from 'uplot';
import type { StageSpan } from '../chart.ts';

interface StageColours {
  readonly band: string;
  readonly text: string;
  readonly font: string;
}

/** Shade every other stage behind the curves, and name those that are wide enough. */
export function drawStages(
  { ctx, bbox, valToPos, width }: uPlot,
  stages: readonly StageSpan[],
  { band, text, font }: StageColours,
): void {
  const ratio = ctx.canvas.width / width;
  const gap = 4 * ratio;
  const inside = (step: number): number =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, valToPos(step, 'x', true)));
  ctx.save();
  ctx.font = font.replace(/\d+/, (pixels) => String(Number(pixels) * ratio));
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  stages.forEach(({ label, from, to }, i) => {
    const [left, right] = [inside(from), inside(to)];
    if (i % 2 === 0) {
      ctx.fillStyle = band;
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    const name = [`${i + 1} ${label}`, String(i + 1)].find(
      (text) => ctx.measureText(text).width + 2 * gap < right - left,
    );
    ctx.fillStyle = text;
    if (name) ctx.fillText(name, left, bbox.top - gap);
  });
  ctx.restore();
}
