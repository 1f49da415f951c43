import { z } from 'zod';
import { modelKey } from '../../src/artifact/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { parseArtifactJson } from '../../src/artifact/parse-json.ts';
import { createEncoderMemory } from '../../src/encoder/encoder-memory.ts';
import { openImageEncoder } from '../../src/encoder/image-encoder.ts';
import { openTextEncoder } from '../../src/encoder/text-encoder.ts';
import { DiptychError } from '../../src/errors.ts';
import { createEdgeModel } from '../../src/search/edge-model.ts';
import type { QueryModel } from '../../src/search/query-model.ts';
import type { TokenizerJson } from '../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../src/text/tokenizer.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import { readCheckedText, readInto, readText } from './read-artifact.ts';

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
): Promise<QueryModel> {
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
): Promise<QueryModel> {
  const { files, id, hash, imageSize, contextLength, logitScale } = description;
  const tower = async (name: 'text.bin' | 'image.bin') => {
    const memory = createEncoderMemory(encoderModule, files[name].bytes);
    await readInto(bucket, modelKey(hash, name), memory.weights);
    return memory;
  };
  const text = openTextEncoder(await tower('text.bin'));
  const image = openImageEncoder(await tower('image.bin'));
  const tokenizerKey = modelKey(hash, 'tokenizer.json');
  const tokenizer = await readCheckedText(bucket, tokenizerKey, files['tokenizer.json']);
  const json = JSON.parse(tokenizer) as TokenizerJson;
  return createEdgeModel(
    { id, hash, imageSize, scale: Math.exp(logitScale) },
    {
      tokenizer: createTokenizer(json, { contextLength }),
      text: () => text,
      image: () => image,
    },
  );
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
