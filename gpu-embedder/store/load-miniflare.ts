import { createRequire } from 'node:module';
import type * as miniflare from 'miniflare';

/**
 * Load Miniflare, when something starts it and not before. By `require`: `import` reads its 4 MB
 * once more for the names that it exports, which took as long as all the rest of a command's start.
 */
export function loadMiniflare(): typeof miniflare {
  return createRequire(import.meta.url)('miniflare') as typeof miniflare;
}
