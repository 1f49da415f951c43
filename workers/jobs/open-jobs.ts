import { DiptychError } from '../../src/errors.ts';
import { readPrice, type CostSettings } from '../../src/jobs/report/cost-settings.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
import type { Env } from '../env.ts';
import { embedderUrls } from '../stores/open-embedder.ts';

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

/** Read the settings of this deployment on which the cost of a job depends. */
export function costSettings(env: Env): CostSettings {
  return {
    embedderPricePerHour: readPrice(env.EMBEDDER_PRICE_PER_HOUR),
    embedders: Math.max(1, embedderUrls(env).length),
  };
}
