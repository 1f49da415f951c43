import { z } from 'zod';
import { modelKey } from '../../version/keys.ts';
import type { Manifest } from '../../version/manifest.ts';
import { parseArtifactJson } from '../../version/parse-json.ts';
import { createEncoderMemory } from '../../encoder/encoder-memory.ts';
import { openImageEncoder } from '../../encoder/image-encoder.ts';
import { openTextEncoder } from '../../encoder/text-encoder.ts';
import { DiptychError } from '../../errors.ts';
import type { TokenizerJson } from '../../text/tokenizer-json.ts';
import { createTokenizer } from '../../text/tokenizer.ts';
import { edgeImageEncoders, edgeTextEncoders } from '../edge-model.ts';
import type { QueryEncoders, QueryModel } from '../query-model.ts';
import type { FileSource } from './file-source.ts';
import { encodesTexts } from './memory-budget.ts';
import { readListed, readUnlistedText, unreadable } from './read-file.ts';

const fileSchema = z.object({ bytes: z.int().min(1), sha256: z.string() });
const modelSchema = z.object({
  id: z.string(),
  hash: z.string(),
  embedDim: z.int(),
  imageSize: z.int(),
  contextLength: z.int(),
  logitScale: z.number(),
  /** Null where the edge has no kernels for its towers. */
  files: z
    .object({
      'text.bin': fileSchema,
      'image.bin': fileSchema.optional(),
      'tokenizer.json': fileSchema,
    })
    .nullable(),
});

/**
 * Load the model that an index version was built with.
 *
 * @param elsewhere - what encodes queries for which the isolate has no tower
 * @throws DiptychError model_mismatch when the model that was published under this hash is another
 *   one; index_unreadable when it is damaged
 */
export async function openModel(
  source: FileSource,
  manifest: Manifest,
  encoderModule: WebAssembly.Module,
  elsewhere: (model: Pick<QueryModel, 'id' | 'hash'>) => QueryEncoders,
): Promise<QueryModel> {
  const { hash } = manifest.model;
  const key = modelKey(hash, 'model.json');
  const json = await readUnlistedText(source, key);
  if (json === null) {
    // The key names the format of the weights, so an earlier release wrote to another one.
    throw unreadable(key, 'expected an object, got none: publish the collection again');
  }
  const description = parseArtifactJson(key, modelSchema, json);
  checkModel(manifest, description);
  const { id, imageSize, logitScale, files } = description;
  const identity = { id, hash, imageSize, scale: Math.exp(logitScale) };
  const model = { ...identity, ...elsewhere(identity) };
  if (files === null || !encodesTexts(manifest)) return model;
  try {
    return { ...model, ...(await openTowers(source, { ...description, files }, encoderModule)) };
  } catch (error) {
    // For the caller this is a server error, not a bad upload.
    if (!(error instanceof DiptychError) || error.code !== 'unreadable_model') throw error;
    const message = `${modelKey(hash, '')}${error.message}`;
    throw new DiptychError('index_unreadable', message, error.details, { cause: error });
  }
}

type Description = z.infer<typeof modelSchema>;
type WithTowers = Description & { readonly files: NonNullable<Description['files']> };

async function openTowers(
  source: FileSource,
  description: WithTowers,
  encoderModule: WebAssembly.Module,
): Promise<Partial<QueryEncoders>> {
  const { files, hash, contextLength } = description;
  const tower = async (name: string, file: z.infer<typeof fileSchema>) => {
    const memory = createEncoderMemory(encoderModule, file.bytes);
    const options = { target: memory.weights, hasOwnChecksum: true };
    await readListed(source, modelKey(hash, name), file, options);
    return memory;
  };
  const text = openTextEncoder(await tower('text.bin', files['text.bin']));
  const ofImage = files['image.bin'];
  const image = ofImage && openImageEncoder(await tower('image.bin', ofImage));
  const tokenizerKey = modelKey(hash, 'tokenizer.json');
  const tokenizer = await readListed(source, tokenizerKey, files['tokenizer.json']);
  return {
    ...edgeTextEncoders({
      tokenizer: createTokenizer(parseTokenizer(tokenizer), { contextLength }),
      text: () => text,
    }),
    ...(image && edgeImageEncoders(description, { image: () => image })),
  };
}

/** Parse tokenizer.json. It is not validated: its checksum says that it is the published file. */
function parseTokenizer(bytes: Uint8Array): TokenizerJson {
  return JSON.parse(new TextDecoder().decode(bytes)) as TokenizerJson;
}

function checkModel(manifest: Manifest, got: Description): void {
  for (const field of ['hash', 'embedDim', 'imageSize', 'contextLength', 'logitScale'] as const) {
    if (manifest.model[field] === got[field]) continue;
    throw new DiptychError(
      'model_mismatch',
      `collection ${manifest.collection}, version ${manifest.version}: expected ${field} ${manifest.model[field]}, as the version was built with, but its published model has ${got[field]}`,
      { field, expected: manifest.model[field], got: got[field] },
    );
  }
}
