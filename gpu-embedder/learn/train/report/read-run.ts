import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../../src/errors.ts';
import type { TrainConfig } from '../recipe/config.ts';
import { parseTrainConfig } from '../recipe/config.ts';
import type { StepRecord, ValidationQuery, ValidationRecord } from '../run/records.ts';
import { readOrigin } from './run-origin.ts';
import { readLog } from './run-log.ts';

const queriesSchema: z.ZodType<ValidationQuery[]> = z.array(
  z.object({
    text: z.string(),
    item: z.string(),
    rank: z.number(),
    nearest: z.array(z.object({ item: z.string(), score: z.number() })),
  }),
);

/** The content of a run folder; the run may not have ended yet. */
export interface Run {
  readonly config: TrainConfig;
  readonly steps: readonly StepRecord[];
  readonly validations: readonly ValidationRecord[];
  /** Worst first; empty before the end. */
  readonly queries: readonly ValidationQuery[];
  /** What was found before the run began. */
  readonly warnings: readonly string[];
}

/**
 * Read a run folder.
 *
 * @throws DiptychError `not_prepared` if there is no run; `unreadable_source` or `invalid_option` if a
 *   file is damaged
 */
export function readRun(runDir: string): Run {
  const configPath = join(runDir, 'config.json');
  if (!existsSync(configPath)) {
    throw new DiptychError('not_prepared', `${runDir}: there is no run (no config.json)`);
  }
  const queriesPath = join(runDir, 'validation.json');
  const records = readLog(join(runDir, 'log.jsonl'));
  return {
    config: parseTrainConfig(readJson(configPath), configPath),
    steps: records.filter((record) => record.type === 'step'),
    validations: records.filter((record) => record.type === 'validation'),
    queries: existsSync(queriesPath) ? parseQueries(readJson(queriesPath), queriesPath) : [],
    warnings: readOrigin(runDir)?.warnings ?? [],
  };
}

function parseQueries(value: unknown, path: string): ValidationQuery[] {
  const parsed = queriesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DiptychError('unreadable_source', `${path}: ${z.prettifyError(parsed.error)}`);
}

/** @throws DiptychError `unreadable_source` */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const problem = `${path}: expected JSON, got ${(cause as Error).message}`;
    throw new DiptychError('unreadable_source', problem, {}, { cause });
  }
}
