import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { checkStageFile, fileEntry, type StageFiles } from '../common/stage-files.ts';
import { namingFile } from '../common/system-error.ts';
import { journalOf, substitutedSchema } from './partial-rows.ts';
import { embeddingsSchema, type formatVersion } from './read-embeddings.ts';

const count = z.int().nonnegative();

const reportSchema = z.object({
  images: count,
  captions: count,
  /** Number of captions in which the model knows no word; they have no embedding. */
  captionsSkipped: count,
  /** Images, by their item, and captions that have no embedding for another reason; all are left out. */
  failed: z
    .array(z.object({ kind: z.enum(['image', 'caption']), name: z.string(), reason: z.string() }))
    .readonly(),
  /** Items whose original could not be decoded, so that their prepared pixels were encoded. */
  substituted: z.array(substitutedSchema).readonly(),
  /** Captions whose rows were taken from earlier embeddings of the same model. */
  reused: z.object({ captions: count }).default({ captions: 0 }),
  /** Images of this run (fewer after a resume) and the time they took. */
  encoded: z.object({ images: count, captions: count, seconds: z.number() }),
});

/** Report of a finished run: items = images + failed images. It is stored with the embeddings. */
export type EncodeReport = Readonly<z.infer<typeof reportSchema>>;

/** The inputs of a run; a run with the same inputs is not repeated. */
export interface Identity {
  readonly formatVersion: typeof formatVersion;
  readonly model: { readonly id: string; readonly hash: string; readonly embedDim: number };
  readonly dataset: { readonly name: string; readonly fingerprint: string };
}

/** The files of a run that is not complete. */
const partial = { images: 'image.partial', captions: 'caption.partial' } as const;

export function partialPaths(out: string): Readonly<Record<keyof typeof partial, string>> {
  return { images: join(out, partial.images), captions: join(out, partial.captions) };
}

/**
 * Read the report of a finished run of the same model on the same data. If one of its files is
 * damaged, the user is told, and the run counts as none.
 */
export async function readFinished(out: string, identity: Identity): Promise<EncodeReport | null> {
  const { data: found } = embeddingsSchema.safeParse(await readJson(join(out, 'embeddings.json')));
  if (!found) return null;
  const { formatVersion, model, dataset, files } = found;
  if (JSON.stringify({ formatVersion, model, dataset }) !== JSON.stringify(identity)) return null;
  // Embeddings without checksums are of an older version: nobody can tell whether they are whole.
  if (!files) return null;
  try {
    for (const [name, entry] of Object.entries(files)) {
      const fail = (problem: string) => new DiptychError('unreadable_source', problem);
      await checkStageFile(out, name, entry, fail);
    }
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    process.stderr.write(`${out} is damaged and is encoded again: ${error.message}\n`);
    return null;
  }
  const { data: report } = reportSchema.safeParse(await readJson(join(out, 'report.json')));
  return report ?? null;
}

/** Keep the files of an interrupted run of the same model and data; clear the folder otherwise. */
export async function startOrResume(out: string, identity: Identity): Promise<void> {
  await mkdir(out, { recursive: true });
  const journal = join(out, 'encoding.json');
  if (JSON.stringify(await readJson(journal)) === JSON.stringify(identity)) return;
  await rm(join(out, 'embeddings.json'), { force: true });
  await removePartial(out);
  await writeJson(journal, identity);
}

/** Declare the embeddings complete. */
export async function finish(
  out: string,
  identity: Identity,
  report: EncodeReport,
  files: StageFiles,
): Promise<void> {
  const reportPath = join(out, 'report.json');
  await writeJson(reportPath, report);
  const failed = report.failed.flatMap(({ kind, name }) => (kind === 'image' ? name : []));
  const path = join(out, 'embeddings.json');
  await writeJson(`${path}.partial`, {
    ...identity,
    images: { count: report.images, ...(failed.length > 0 && { failed }) },
    captions: { count: report.captions },
    files: { ...files, 'report.json': await fileEntry(reportPath) },
  });
  // This file comes last: if it exists, all others are complete.
  await rename(`${path}.partial`, path);
  await removePartial(out);
  await rm(join(out, 'encoding.json'));
}

async function removePartial(out: string): Promise<void> {
  const paths = Object.values(partialPaths(out)).flatMap((path) => [path, journalOf(path)]);
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // A missing or truncated file counts as none.
    return null;
  }
}

const writeJson = (path: string, value: unknown): Promise<void> =>
  namingFile(path, () => writeFile(path, `${JSON.stringify(value, null, 2)}\n`));
