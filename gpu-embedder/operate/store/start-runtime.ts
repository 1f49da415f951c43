import type { Miniflare } from 'miniflare';
import { loadMiniflare } from './load-miniflare.ts';

/** Buckets and databases of the worker by binding, and the folders that keep them. */
export interface RuntimeBindings {
  readonly r2Buckets?: Record<string, string>;
  readonly r2Persist?: string;
  readonly d1Databases?: Record<string, string>;
  /** False keeps them in memory. */
  readonly d1Persist?: string | false;
}

/**
 * Start the local runtime with a worker of one script. The script does work inside the runtime that
 * would take much longer from outside.
 *
 * @param script - an ES module
 */
export async function startRuntime(script: string, bindings: RuntimeBindings): Promise<Miniflare> {
  const { Miniflare } = loadMiniflare();
  const runtime = new Miniflare({
    modules: true,
    script,
    compatibilityDate: '2026-04-01',
    cf: false,
    ...bindings,
  });
  await runtime.ready;
  return runtime;
}
