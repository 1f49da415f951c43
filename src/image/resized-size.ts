import type { ResizeRule, Size } from './preprocessing.ts';

/** Compute the size of a resized image. The longer side is rounded down, as in `transformers`. */
export function resizedSize(rule: ResizeRule, { width, height }: Size): Size {
  if (rule.kind === 'exact') return rule.size;
  const { side } = rule;
  return width < height
    ? { width: side, height: Math.floor((side * height) / width) }
    : { width: Math.floor((side * width) / height), height: side };
}
