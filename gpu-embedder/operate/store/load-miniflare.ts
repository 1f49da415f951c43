import { createRequire } from 'node:module';
import type * as miniflare from 'miniflare';
import { DiptychError } from '../../../src/errors.ts';

/**
 * Load Miniflare, which only happens if something starts it.
 *
 * It is loaded by `require`: `import` reads its 4 MB once more to find the names that it exports,
 * which took as long as all the rest of a command's start. The workspace of the embedder does not
 * install it, because an embedder never starts a worker.
 *
 * @throws DiptychError not_prepared - it is not installed
 */
export function loadMiniflare(): typeof miniflare {
  try {
    return createRequire(import.meta.url)('miniflare') as typeof miniflare;
  } catch (cause) {
    throw new DiptychError(
      'not_prepared',
      'expected miniflare, the local runtime of workers, which is not installed; ' +
        'install it with npm ci, or name a store of a deployment with --store URL',
      undefined,
      { cause },
    );
  }
}
