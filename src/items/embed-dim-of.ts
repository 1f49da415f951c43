import { z } from 'zod';
import type { ObjectStore } from '../objects/object-store.ts';
import { modelKey } from '../version/keys.ts';
import { parseArtifactJson } from '../version/parse-json.ts';

const modelSchema = z.object({ embedDim: z.int().positive() });

/** Read the length of an embedding from a published model; 0 if the model was not published. */
export async function embedDimOf(objects: ObjectStore, hash: string): Promise<number> {
  const key = modelKey(hash, 'model.json');
  const bytes = await objects.get(key);
  if (!bytes) return 0;
  return parseArtifactJson(key, modelSchema, new TextDecoder().decode(bytes)).embedDim;
}
