import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import type { Suggestion } from '../../../src/search/keywords/build-keyword-index.ts';
import type { PreparedDataset } from './read-dataset.ts';
import { sha256Hex } from '../../common/sha256-hex.ts';

/**
 * Files of guessed captions. They lie in the folder of the data set, apart from real captions:
 *
 *     <data>/pseudo-captions.jsonl   {id, captions: [{text, confidence}]} of each picture without
 *                                    captions, the most likely caption first
 *     <data>/pseudo-captions.json    PseudoCaptionsManifest
 */
export const pseudoCaptionFiles = {
  lines: 'pseudo-captions.jsonl',
  manifest: 'pseudo-captions.json',
} as const;

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();
const prepared = z.object({ name: z.string(), fingerprint: z.string() });

const originSchema = z.object({
  formatVersion: z.literal(1),
  model: z.object({ id: z.string(), hash: z.string() }),
  /** The data set that was given captions. */
  dataset: prepared,
  /** The data set that the captions came from. */
  source: prepared,
  settings: z.object({
    neighbours: z.int().positive(),
    temperature: z.number().positive(),
    minConfidence: share,
    captions: z.int().positive(),
  }),
});

const manifestSchema = originSchema.extend({
  counts: z.object({
    /** Pictures without captions of their own. */
    pictures: count,
    /** Pictures that were given at least one caption. */
    captioned: count,
    captions: count,
    /** Captioned pictures that `pictures` were compared with. */
    source: count,
  }),
  /** SHA-256 (hex) of the file of lines. */
  sha256: z.string(),
});

const lineSchema = z.object({
  id: z.string(),
  captions: z.array(z.object({ text: z.string().min(1), confidence: share })),
});

/** All inputs that decide the captions. */
export type Origin = z.infer<typeof originSchema>;
export type PseudoCaptionsManifest = z.infer<typeof manifestSchema>;
export type PseudoCaptionLine = z.infer<typeof lineSchema>;

/** Write pseudo-captions into temporary files and rename these when they are complete. */
export async function writePseudoCaptions(
  dir: string,
  origin: Origin,
  lines: readonly PseudoCaptionLine[],
  source: number,
): Promise<PseudoCaptionsManifest> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const manifest: PseudoCaptionsManifest = {
    ...origin,
    counts: {
      pictures: lines.length,
      captioned: lines.filter(({ captions }) => captions.length > 0).length,
      captions: lines.reduce((sum, { captions }) => sum + captions.length, 0),
      source,
    },
    sha256: sha256Hex(text),
  };
  await replaceFile(join(dir, pseudoCaptionFiles.lines), text);
  // The manifest comes last: its checksum then tells whether both files belong together.
  await replaceFile(
    join(dir, pseudoCaptionFiles.manifest),
    `${JSON.stringify(manifest, null, 2)}\n`,
  );
  return manifest;
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.partial`, text);
  await rename(`${path}.partial`, path);
}

/** Find pseudo-captions of the same origin; undefined for any other content of the folder. */
export async function findPseudoCaptions(
  dir: string,
  origin: Origin,
): Promise<PseudoCaptionsManifest | undefined> {
  try {
    const { manifest } = await readFiles(dir);
    const { counts: _counts, sha256: _sha256, ...known } = manifest;
    return JSON.stringify(known) === JSON.stringify(origin) ? manifest : undefined;
  } catch {
    // The files are missing, damaged or of another format: the captions are made again.
    return undefined;
  }
}

export interface PseudoCaptions {
  readonly manifest: PseudoCaptionsManifest;
  /** Captions by item id, without items that were given none. */
  readonly captions: ReadonlyMap<string, readonly Suggestion[]>;
}

/**
 * Read the pseudo-captions of a data set, if it has any.
 *
 * @throws DiptychError `not_prepared` - they are damaged, or were made for another state of the
 *   data set
 */
export async function readPseudoCaptions(
  dataset: PreparedDataset,
): Promise<PseudoCaptions | undefined> {
  const { dir, items } = dataset;
  if (!existsSync(join(dir, pseudoCaptionFiles.manifest))) return undefined;
  const { manifest, lines } = await readFiles(dir);
  const { fingerprint } = dataset.manifest;
  if (manifest.dataset.fingerprint !== fingerprint) {
    const problem = `expected captions of the data set with fingerprint ${fingerprint}, got those of ${manifest.dataset.fingerprint}`;
    throw unusable(dir, `${pseudoCaptionFiles.manifest}: ${problem}`);
  }
  const known = new Set(items.map(({ id }) => id));
  const captions = new Map<string, readonly Suggestion[]>();
  for (const [i, line] of lines.entries()) {
    const where = `${pseudoCaptionFiles.lines}:${i + 1}`;
    const { id, captions: given } = parse(dir, where, lineSchema, line);
    if (!known.has(id))
      throw unusable(dir, `${where}: expected an item of the data set, got ${id}`);
    if (given.length > 0) captions.set(id, given);
  }
  return { manifest, captions };
}

async function readFiles(dir: string) {
  const { manifest: name, lines } = pseudoCaptionFiles;
  const manifest = parse(dir, name, manifestSchema, await readFile(join(dir, name), 'utf8'));
  const text = await readFile(join(dir, lines), 'utf8').catch((cause: Error) => {
    throw unusable(dir, `${lines}: ${cause.message}`);
  });
  const sha256 = sha256Hex(text);
  if (sha256 !== manifest.sha256) {
    throw unusable(dir, `${lines}: expected SHA-256 ${manifest.sha256}, got ${sha256}`);
  }
  return { manifest, lines: text.split('\n').slice(0, -1) };
}

function parse<T>(dir: string, where: string, schema: z.ZodType<T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unusable(dir, `${where}: expected JSON, got ${(cause as Error).message}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw unusable(dir, `${where}: ${z.prettifyError(parsed.error)}`);
}

/** Make the error for unusable pseudo-captions; it says how to go on. */
function unusable(dir: string, problem: string): DiptychError {
  return new DiptychError(
    'not_prepared',
    `${join(dir, problem)}; run diptych caption-corpus --data ${dir} again, or remove ${pseudoCaptionFiles.manifest} to go without`,
  );
}
