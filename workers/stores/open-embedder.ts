import { httpEmbedder, type HttpEmbedder } from '../../src/embedder/http-embedder.ts';
import { severalEmbedders } from '../../src/embedder/several-embedders.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Env } from '../env.ts';

/** How long a query waits for an embedder, milliseconds: somebody waits for the answer. */
const queryMs = 10_000;

/** Open the embedders of the environment. @throws DiptychError not_configured if it names none */
export function openEmbedder(env: Env): HttpEmbedder {
  const embedder = embeddersOf(env);
  if (embedder) return embedder;
  throw new DiptychError(
    'not_configured',
    'EMBEDDER_URL: expected the address of an embedder, got none',
  );
}

/** Open the embedders of the environment for queries; null if it names none. */
export function queryEmbedder(env: Env): HttpEmbedder | null {
  return embeddersOf(env, queryMs);
}

/** List the addresses of the embedders. */
export function embedderUrls({ EMBEDDER_URL = '' }: Env): string[] {
  return EMBEDDER_URL.split(/[\s,]+/).filter(Boolean);
}

function embeddersOf(env: Env, timeoutMs?: number): HttpEmbedder | null {
  const token = env.EMBEDDER_TOKEN;
  const embedders = embedderUrls(env).map((url) => httpEmbedder({ url, token, timeoutMs }));
  return embedders.length === 0 ? null : severalEmbedders(embedders);
}
