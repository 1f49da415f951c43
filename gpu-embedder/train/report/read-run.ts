import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import type { StepRecord, ValidationQuery, ValidationRecord } from '../records.ts';
import { readLog } from '../run-log.ts';

const configSchema = z.looseObject({
  modelId: z.string(),
  stages: z.array(
    z.looseObject({
      loss: z.string(),
      train: z.array(z.string()),
      batch: z.number().positive(),
      steps: z.number().optional(),
      imageSize: z.number().optional(),
      learningRate: z.number().optional(),
      clipNorm: z.number().optional(),
    }),
  ),
});

const queriesSchema: z.ZodType<ValidationQuery[]> = z.array(
  z.object({
    text: z.string(),
    item: z.string(),
    rank: z.number(),
    nearest: z.array(z.object({ item: z.string(), score: z.number() })),
  }),
);

/** What of config.json a report shows by name; the rest is in it too. */
export type RunConfig = z.infer<typeof configSchema>;

/** What a run folder tells, also of a run that has not ended. */
export interface Run {
  readonly config: RunConfig;
  readonly steps: readonly StepRecord[];
  readonly validations: readonly ValidationRecord[];
  /** Worst first; empty before the end. */
  readonly queries: readonly ValidationQuery[];
}

/**
 * Read a run folder.
 *
 * @throws DiptychError not_prepared - there is no run; unreadable_source - a damaged file
 */
export function readRun(runDir: string): Run {
  const configPath = join(runDir, 'config.json');
  if (!existsSync(configPath)) {
    throw new DiptychError('not_prepared', `${runDir}: there is no run (no config.json)`);
  }
  const queriesPath = join(runDir, 'validation.json');
  const records = readLog(join(runDir, 'log.jsonl'));
  return {
    config: readJson(configPath, configSchema),
    steps: records.filter((record) => record.type === 'step'),
    validations: records.filter((record) => record.type === 'validation'),
    queries: existsSync(queriesPath) ? readJson(queriesPath, queriesSchema) : [],
  };
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new DiptychError('unreadable_source', `${path}: expected JSON`, {}, { cause });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new DiptychError('unreadable_source', `${path}: ${z.prettifyError(parsed.error)}`);
}
