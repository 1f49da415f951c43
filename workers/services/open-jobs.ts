import { httpEmbedder, type HttpEmbedder } from '../../src/embedder/http-embedder.ts';
import { severalEmbedders } from '../../src/embedder/several-embedders.ts';
import { DiptychError } from '../../src/errors.ts';
import type { JobMessage } from '../../src/reindex/job-messages.ts';
import type { Env } from '../env.ts';

/** The part of a queue binding that jobs use. */
export interface JobsBinding {
  sendBatch(messages: { body: JobMessage; delaySeconds?: number }[]): Promise<unknown>;
}

/** Most messages of one call. */
const sendAtOnce = 100;

/** Send the steps of jobs to the queue. */
export function openJobs({ JOBS }: Env): {
  send(messages: readonly JobMessage[], delaySeconds?: number): Promise<void>;
} {
  if (!JOBS) {
    throw new DiptychError(
      'not_configured',
      'jobs run on the queue JOBS, and there is no such binding',
    );
  }
  return {
    async send(messages, delaySeconds) {
      for (let at = 0; at < messages.length; at += sendAtOnce) {
        const part = messages.slice(at, at + sendAtOnce);
        await JOBS.sendBatch(part.map((body) => ({ body, delaySeconds })));
      }
    },
  };
}

/** The embedders that the environment names. @throws DiptychError not_configured: it names none */
export function openEmbedder({ EMBEDDER_URL, EMBEDDER_TOKEN }: Env): HttpEmbedder {
  const urls = (EMBEDDER_URL ?? '').split(/[\s,]+/).filter(Boolean);
  if (urls.length === 0) {
    throw new DiptychError(
      'not_configured',
      'EMBEDDER_URL: expected the address of an embedder, got none',
    );
  }
  return severalEmbedders(urls.map((url) => httpEmbedder({ url, token: EMBEDDER_TOKEN })));
}
