import { httpEmbedder, type HttpEmbedder } from '../../src/embedder/http-embedder.ts';
import { severalEmbedders } from '../../src/embedder/several-embedders.ts';
import { DiptychError } from '../../src/errors.ts';
import { readPrice, type CostSettings } from '../../src/jobs/report/cost-settings.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
import type { Env } from '../env.ts';

/** The part of a queue binding that jobs use. */
export interface JobsBinding {
  sendBatch(messages: { body: JobMessage; delaySeconds?: number }[]): Promise<unknown>;
}

/** The most messages that one call may send. */
const sendAtOnce = 100;

/** Open the queue to which steps of jobs are sent. @throws DiptychError not_configured */
export function openJobs({ JOBS }: Env): {
  send(messages: readonly JobMessage[], delaySeconds?: number): Promise<void>;
} {
  if (!JOBS) {
    throw new DiptychError(
      'not_configured',
      'JOBS: expected the binding of the queue on which jobs run, got none',
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

/** Open the embedders of the environment. @throws DiptychError not_configured if it names none */
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

/** Read the settings of this deployment on which the cost of a job depends. */
export function costSettings({ EMBEDDER_URL, EMBEDDER_PRICE_PER_HOUR }: Env): CostSettings {
  return {
    embedderPricePerHour: readPrice(EMBEDDER_PRICE_PER_HOUR),
    embedders: Math.max(1, urlsOf(EMBEDDER_URL).length),
  };
}
