import type { BuilderChoice, BuilderName } from '../../src/jobs/build-options.ts';

/**
 * Vectors from which on usearch builds. hnswlib takes two or three seconds for as many, and gives
 * the same graph every time; beyond, the cores that usearch keeps busy save minutes.
 */
export const usearchFrom = 10_000;

/** Choose by the number of vectors, unless told. */
export function chooseBuilder(count: number, choice: BuilderChoice = 'auto'): BuilderName {
  if (choice !== 'auto') return choice;
  return count < usearchFrom ? 'hnswlib' : 'usearch';
}
