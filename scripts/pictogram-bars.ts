/**
 * Values that the starter model must reach, by the name of a row of `measure-pictogram.ts`. Shares,
 * 0 to 1, are minima, except losses, which are maxima; megabytes are maxima.
 */
export const pictogramBars: Readonly<Record<string, number>> = {
  'fluent-emoji-flat: text to image R@1': 0.4,
  'fluent-emoji-flat: text to image R@5': 0.65,
  'fluent-emoji-flat: text to image R@10': 0.75,
  'fluent-emoji-high-contrast: text to image R@10': 0.55,
  'ph: text to image R@1': 0.28,
  'ph: text to image R@5': 0.55,
  'ph: text to image R@10': 0.65,
  'keywords en: hit@5': 0.45,
  'keywords: en less that mean': 0.1,
  'names with a typo: hit@5 lost': 0.08,
  'image to image, query twemoji: R@1': 0.55,
  'model folder': 12,
  'text tower at the edge': 4,
};
