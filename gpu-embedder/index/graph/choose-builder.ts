import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { DiptychError } from '../../../src/errors.ts';
import type { BuilderChoice, BuilderName } from '../../../src/jobs/build-options.ts';

/**
 * Number of vectors from which usearch builds. Below it, hnswlib needs two or three seconds and
 * gives the same graph every time; above it, usearch saves minutes because it uses all cores.
 */
export const usearchFrom = 10_000;

/**
 * Choose the library by the number of vectors, unless the caller names one.
 *
 * Where hnswlib could not be compiled, usearch builds small graphs too: with one thread
 * (`threadsFor`), so that they are still the same every time.
 *
 * @param hasHnswlib - whether hnswlib-node can be loaded; tests pass it
 * @throws DiptychError invalid_option - hnswlib is asked for and not installed
 * @example chooseBuilder(500) // 'hnswlib'
 */
export function chooseBuilder(
  count: number,
  choice: BuilderChoice = 'auto',
  hasHnswlib: () => boolean = canLoadHnswlib,
): BuilderName {
  if (choice === 'usearch' || (choice === 'auto' && count >= usearchFrom)) {
    return 'usearch';
  }
  if (hasHnswlib()) return 'hnswlib';
  if (choice === 'auto') return 'usearch';
  throw new DiptychError(
    'invalid_option',
    'builder: hnswlib-node is not installed, since it is optional and needs a C++ compiler; ' +
      'install a compiler and run npm ci again, or take usearch',
  );
}

/**
 * Tell how many threads usearch takes, unless the caller says: one for a small graph, because its
 * links then do not depend on which thread comes first; all cores for a large one.
 */
export function threadsFor(count: number): number {
  return count < usearchFrom ? 1 : availableParallelism();
}

let loaded: boolean | undefined;

/**
 * Tell whether hnswlib-node can be loaded. Only loading it proves that: the package may be there
 * without the binary that its install script compiles.
 */
export function canLoadHnswlib(): boolean {
  if (loaded !== undefined) return loaded;
  try {
    createRequire(import.meta.url)('hnswlib-node');
    loaded = true;
  } catch {
    loaded = false;
  }
  return loaded;
}
