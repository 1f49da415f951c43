import type { ResizeRule, Size } from './preprocessing.ts';

/** Tell the size of an image after resizing; the longer side is rounded down, as in `transformers`. */
export function resizedSize(rule: ResizeRule, { width, height }: Size): Size {
  if (rule.kind === 'exact') return rule.size;
  const { side } = rule;
  return width < height
    ? { width: side, height: Math.floor((side * height) / width) }
    : { width: Math.floor((side * width) / height), height: side };
}
