/**
 * What the starter model has to reach, by the name of a row of `measure-pictogram.ts`: shares from
 * 0 to 1, at least (the gap between languages: at most); megabytes at most.
 */
export const pictogramBars: Readonly<Record<string, number>> = {
  'text tower at the edge': 4,
};
