import { httpEmbedder, type HttpEmbedder } from '../../src/embedder/http-embedder.ts';
import { severalEmbedders } from '../../src/embedder/several-embedders.ts';
import { DiptychError } from '../../src/errors.ts';
import { readPrice, type CostSettings } from '../../src/jobs/report/cost-estimate.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
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
  const urls = urlsOf(EMBEDDER_URL);
  if (urls.length === 0) {
    throw new DiptychError(
      'not_configured',
      'EMBEDDER_URL: expected the address of an embedder, got none',
    );
  }
  return severalEmbedders(urls.map((url) => httpEmbedder({ url, token: EMBEDDER_TOKEN })));
}

function urlsOf(list = ''): string[] {
  return list.split(/[\s,]+/).filter(Boolean);
}

/** What the price of a job depends on here. */
export function costSettings({ EMBEDDER_URL, EMBEDDER_PRICE_PER_HOUR }: Env): CostSettings {
  return {
    embedderPricePerHour: readPrice(EMBEDDER_PRICE_PER_HOUR),
    embedders: Math.max(1, urlsOf(EMBEDDER_URL).length),
  };
}
