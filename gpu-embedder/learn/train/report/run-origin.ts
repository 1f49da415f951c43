import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../../src/errors.ts';
import type { DatasetManifest } from '../../../data/prepared/prepared.ts';
import { readJson } from './read-run.ts';

const originSchema = z.object({
  data: z.object({ name: z.string(), fingerprint: z.string(), items: z.number() }),
  warnings: z.array(z.string()),
});

/** `run.json` of a run folder: what the run began with. */
export type RunOrigin = z.infer<typeof originSchema>;

export async function writeOrigin(
  runDir: string,
  { name, fingerprint, counts: { items } }: DatasetManifest,
  warnings: readonly string[],
): Promise<void> {
  const origin = { data: { name, fingerprint, items }, warnings };
  await writeFile(pathIn(runDir), JSON.stringify(origin, null, 2) + '\n');
}

/**
 * Read what a run began with; null for a run that an earlier release began.
 *
 * @throws DiptychError unreadable_source
 */
export function readOrigin(runDir: string): RunOrigin | null {
  const path = pathIn(runDir);
  if (!existsSync(path)) return null;
  const parsed = originSchema.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  throw new DiptychError('unreadable_source', `${path}: ${z.prettifyError(parsed.error)}`);
}

/**
 * Refuse to continue a run with another data set than it began with: its tokens, its classes and the
 * order of its images would not be those that the weights have learnt.
 *
 * @returns a warning where the run does not know its data set
 * @throws DiptychError invalid_option
 */
export function checkOrigin(
  origin: RunOrigin | null,
  runDir: string,
  dataDir: string,
  manifest: DatasetManifest,
): string | null {
  if (!origin) {
    return `${runDir} does not say which data set it began with; make sure that it was ${dataDir}`;
  }
  const { data } = origin;
  if (data.fingerprint === manifest.fingerprint) return null;
  const say = (name: string, items: number, fingerprint: string) =>
    `${name}, ${items} items, fingerprint ${fingerprint.slice(0, 16)}`;
  throw new DiptychError(
    'invalid_option',
    `--data ${dataDir}: expected the data set that the run ${runDir} began with ` +
      `(${say(data.name, data.items, data.fingerprint)}), ` +
      `got ${say(manifest.name, manifest.counts.items, manifest.fingerprint)}; ` +
      'prepare that one again, or begin a new run with another --out ' +
      `(--init ${join(runDir, 'model')} starts from a model that is finished)`,
  );
}

const pathIn = (runDir: string) => join(runDir, 'run.json');
