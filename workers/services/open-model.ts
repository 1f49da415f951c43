import { z } from 'zod';
import { modelKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { parseArtifactJson } from '../../src/artifact/parse-json.ts';
import { createEncoderMemory } from '../../src/encoder/encoder-memory.ts';
import { openImageEncoder, type ImageEncoder } from '../../src/encoder/image-encoder.ts';
import { openTextEncoder, type TextEncoder } from '../../src/encoder/text-encoder.ts';
import { DiptychError } from '../../src/errors.ts';
import type { TokenizerJson } from '../../src/text/tokenizer-json.ts';
import { createTokenizer, type Tokenizer } from '../../src/text/tokenizer.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { createLruCache, type LruCache } from './lru-cache.ts';
import { readCheckedText, readInto, readText } from './read-artifact.ts';

/** A model that encodes inside the isolate. */
export interface EdgeModel {
  readonly id: string;
  readonly hash: string;
  readonly embedDim: number;
  readonly imageSize: number;
  /** Exponential of logitScale: multiplies cosines before softmax. */
  readonly scale: number;
  readonly tokenizer: Tokenizer;
  readonly text: TextEncoder;
  readonly image: ImageEncoder;
  /** Embeddings of class labels in their templates. */
  readonly labels: LruCache<string, Float32Array>;
}

/** Labels whose embeddings are kept, 1 KB each. */
const cachedLabels = 2000;

const fileSchema = z.object({ bytes: z.int().min(1), sha256: z.string() });
const modelSchema = z.object({
  id: z.string(),
  hash: z.string(),
  embedDim: z.int(),
  imageSize: z.int(),
  contextLength: z.int(),
  logitScale: z.number(),
  files: z.object({
    'text.bin': fileSchema,
    'image.bin': fileSchema,
    'tokenizer.json': fileSchema,
  }),
});

/**
 * Load the model that an index version was built with.
 *
 * @throws DiptychError model_mismatch when what is published under the hash is another model,
 *   index_unreadable when it is damaged
 */
export async function openModel(
  bucket: ArtifactBucket,
  manifest: Manifest,
  encoderModule: WebAssembly.Module,
): Promise<EdgeModel> {
  const { hash } = manifest.model;
  const key = modelKey(hash, 'model.json');
  const description = parseArtifactJson(key, modelSchema, await readText(bucket, key));
  checkModel(manifest, description, key);
  try {
    return await openFiles(bucket, description, encoderModule);
  } catch (error) {
    // To who asks it is the server's fault, and not that of a file they gave.
    if (!(error instanceof DiptychError) || error.code !== 'unreadable_model') throw error;
    const message = `${modelKey(hash, '')}${error.message}`;
    throw new DiptychError('index_unreadable', message, error.details, { cause: error });
  }
}

type Description = z.infer<typeof modelSchema>;

async function openFiles(
  bucket: ArtifactBucket,
  description: Description,
  encoderModule: WebAssembly.Module,
): Promise<EdgeModel> {
  const { files, id, hash, embedDim, imageSize, contextLength, logitScale } = description;
  const tower = async (name: 'text.bin' | 'image.bin') => {
    const memory = createEncoderMemory(encoderModule, files[name].bytes);
    await readInto(bucket, modelKey(hash, name), memory.weights);
    return memory;
  };
  const text = openTextEncoder(await tower('text.bin'));
  const image = openImageEncoder(await tower('image.bin'));
  const tokenizerKey = modelKey(hash, 'tokenizer.json');
  const tokenizer = await readCheckedText(bucket, tokenizerKey, files['tokenizer.json']);
  return {
    id,
    hash,
    embedDim,
    imageSize,
    scale: Math.exp(logitScale),
    tokenizer: createTokenizer(JSON.parse(tokenizer) as TokenizerJson, { contextLength }),
    text,
    image,
    labels: createLruCache(cachedLabels),
  };
}

function checkModel(manifest: Manifest, got: Description, key: string): void {
  for (const field of ['hash', 'embedDim', 'imageSize', 'contextLength', 'logitScale'] as const) {
    if (manifest.model[field] === got[field]) continue;
    throw new DiptychError(
      'model_mismatch',
      `collection ${manifest.collection}, version ${manifest.version}: built with ${field} ${manifest.model[field]}, ${key} has ${got[field]}`,
      { field, expected: manifest.model[field], got: got[field] },
    );
  }
}
