import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import { checkTokenizer } from './check-tokenizer.ts';

/** Suffixes of weights in order of preference, the most exact first, as transformers.js names them. */
const onnxSuffixes = ['', '_fp16', '_quantized', '_int8', '_uint8'] as const;

/** The contents of a model folder in the transformers.js layout, without its weights. */
export interface ModelFiles {
  readonly dir: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly preprocessor: Readonly<Record<string, unknown>>;
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** Paths of the two towers. */
  readonly textModel: string;
  readonly visionModel: string;
}

/**
 * Read the JSON files of a model folder and find its two towers.
 *
 * @throws DiptychError unreadable_model, naming the file, what was expected and what was found
 */
export async function readModelFiles(dir: string): Promise<ModelFiles> {
  // Files are read one after the other, so that the error always names the first missing file.
  return {
    dir,
    config: await readObject(dir, 'config.json'),
    preprocessor: await readObject(dir, 'preprocessor_config.json'),
    tokenizer: checkTokenizer(join(dir, 'tokenizer.json'), await readObject(dir, 'tokenizer.json')),
    tokenizerConfig: await readObject(dir, 'tokenizer_config.json'),
    textModel: await findTower(dir, 'text_model'),
    visionModel: await findTower(dir, 'vision_model'),
  };
}

/** Hash the files that decide embeddings (configuration, tokenizer, weights): 16 hex digits of SHA-256. */
export async function hashModel(files: ModelFiles): Promise<string> {
  const hash = createHash('sha256');
  const paths = [
    join(files.dir, 'config.json'),
    join(files.dir, 'preprocessor_config.json'),
    join(files.dir, 'tokenizer.json'),
    ...(await withExternalData(files.textModel)),
    ...(await withExternalData(files.visionModel)),
  ];
  for (const path of paths) {
    // With the length of each file, moving bytes from one file to the next changes the hash.
    hash.update(`${(await stat(path)).size}\n`);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Uint8Array);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** A tower's file, and the file of its weights where they lie apart. */
async function withExternalData(path: string): Promise<string[]> {
  const data = `${path}_data`;
  return (await stat(data).catch(() => null))?.isFile() ? [path, data] : [path];
}

async function readObject(dir: string, name: string): Promise<Record<string, unknown>> {
  const path = join(dir, name);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause);
    throw new DiptychError(
      'unreadable_model',
      `${path}: expected a file of a model in the transformers.js layout, got ${got}`,
      { path },
      { cause },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const got = `${(cause as Error).message} in ${text.length} characters`;
    throw new DiptychError(
      'unreadable_model',
      `${path}: expected JSON, got ${got}`,
      { path },
      { cause },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const got = Array.isArray(value) ? 'an array' : JSON.stringify(value);
    throw new DiptychError('unreadable_model', `${path}: expected a JSON object, got ${got}`, {
      path,
    });
  }
  return value as Record<string, unknown>;
}

async function findTower(dir: string, name: string): Promise<string> {
  for (const suffix of onnxSuffixes) {
    const path = join(dir, 'onnx', `${name}${suffix}.onnx`);
    if ((await stat(path).catch(() => null))?.isFile()) return path;
  }
  const path = join(dir, 'onnx', `${name}.onnx`);
  const others = onnxSuffixes.slice(1).map((suffix) => `${name}${suffix}.onnx`);
  throw new DiptychError(
    'unreadable_model',
    `${path}: expected this ONNX file (or ${others.join(', ')}), got none of them`,
    { path },
  );
}
