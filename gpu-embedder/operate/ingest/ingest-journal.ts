import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../common/sha256-hex.ts';

/** Remembers how much of a source was taken in, for a run that is interrupted. */
export interface IngestJournal {
  /** Inputs that were taken in before. */
  readonly before: number;
  taken(inputs: number): Promise<void>;
  /** All of it was taken in: the next run begins anew. */
  finish(): Promise<void>;
}

/**
 * Open the journal of a source and where it goes; another source, or a changed one, has another.
 *
 * @param key - what tells them apart
 */
export async function openJournal(workDir: string, key: unknown): Promise<IngestJournal> {
  const name = sha256Hex(JSON.stringify(key)).slice(0, 16);
  const file = join(workDir, 'ingest', `${name}.json`);
  const text = await readFile(file, 'utf8').catch(() => '');
  return {
    before: text === '' ? 0 : Number(text),
    async taken(inputs) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.partial`, String(inputs));
      await rename(`${file}.partial`, file);
    },
    finish: () => rm(file, { force: true }),
  };
}
