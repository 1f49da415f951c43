import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedDataset } from '../data/prepared/read-dataset.ts';

/** Report of a finished run: items = images + failed images. It is stored with the embeddings. */
export interface EncodeReport {
  readonly images: number;
  readonly captions: number;
  /** Number of captions in which the model knows no word; they have no embedding. */
  readonly captionsSkipped: number;
  /** Images, by their item, and captions that have no embedding for another reason; all are left out. */
  readonly failed: readonly {
    readonly kind: 'image' | 'caption';
    readonly name: string;
    readonly reason: string;
  }[];
  /** Items whose original could not be decoded, so that their prepared pixels were encoded. */
  readonly substituted: readonly { readonly item: string; readonly reason: string }[];
  /** Images of this run (fewer after a resume) and the time they took. */
  readonly encoded: {
    readonly images: number;
    readonly captions: number;
    readonly seconds: number;
  };
}

export const formatVersion = 1;

/** The inputs of a run; a run with the same inputs is not repeated. */
export interface Identity {
  readonly formatVersion: typeof formatVersion;
  readonly model: { readonly id: string; readonly hash: string; readonly embedDim: number };
  readonly dataset: { readonly name: string; readonly fingerprint: string };
}

/** Read the report of a finished run of the same model on the same data. */
export async function readFinished(out: string, identity: Identity): Promise<EncodeReport | null> {
  const found = (await readJson(join(out, 'embeddings.json'))) as Partial<Identity> | null;
  const { formatVersion, model, dataset } = found ?? {};
  if (JSON.stringify({ formatVersion, model, dataset }) !== JSON.stringify(identity)) return null;
  const report = (await readJson(join(out, 'report.json'))) as EncodeReport | null;
  // A report of an earlier release does not have the field.
  return report && { ...report, failed: report.failed ?? [] };
}

/** Keep the files of an interrupted run of the same model and data; clear the folder otherwise. */
export async function startOrResume(out: string, identity: Identity): Promise<void> {
  await mkdir(out, { recursive: true });
  const journal = join(out, 'encoding.json');
  if (JSON.stringify(await readJson(journal)) === JSON.stringify(identity)) return;
  const stale = ['embeddings.json', 'image.partial', 'caption.partial', 'substituted.jsonl'];
  await Promise.all(stale.map((name) => rm(join(out, name), { force: true })));
  await writeJson(journal, identity);
}

export async function readSubstituted(
  out: string,
  dataset: PreparedDataset,
): Promise<EncodeReport['substituted']> {
  const text = await readFile(join(out, 'substituted.jsonl'), 'utf8').catch(() => '');
  const entries = text.split('\n').filter((line) => line !== '');
  const byItem = new Map(
    entries.map((line) => {
      const entry = JSON.parse(line) as EncodeReport['substituted'][number];
      return [entry.item, entry] as const;
    }),
  );
  return dataset.items.flatMap(({ id }) => byItem.get(id) ?? []);
}

/** Declare the embeddings complete. */
export async function finish(out: string, identity: Identity, report: EncodeReport): Promise<void> {
  await writeJson(join(out, 'report.json'), report);
  const failed = report.failed.flatMap(({ kind, name }) => (kind === 'image' ? name : []));
  // This file comes last: if it exists, all others are complete.
  await writeJson(join(out, 'embeddings.json'), {
    ...identity,
    images: { count: report.images, ...(failed.length > 0 && { failed }) },
    captions: { count: report.captions },
  });
  const journals = ['encoding.json', 'image.partial', 'caption.partial', 'substituted.jsonl'];
  await Promise.all(journals.map((name) => rm(join(out, name), { force: true })));
}

/** Record items whose original failed; call it before their rows are written. */
export async function noteSubstituted(
  out: string,
  entries: EncodeReport['substituted'],
): Promise<void> {
  if (entries.length === 0) return;
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  await appendFile(join(out, 'substituted.jsonl'), lines);
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
  writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
