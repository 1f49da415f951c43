import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../common/sha256-hex.ts';

/** Remembers how much of a source was taken in, so that an interrupted run can continue. */
export interface IngestJournal {
  /** How many inputs an earlier run took in. */
  readonly before: number;
  taken(inputs: number): Promise<void>;
  /** Call it when the whole source was taken in: the next run starts from the beginning. */
  finish(): Promise<void>;
}

/**
 * Open the journal of a source and its target. Another source, or a source that has changed, has
 * another journal.
 *
 * @param key - identifies the source and the target
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
