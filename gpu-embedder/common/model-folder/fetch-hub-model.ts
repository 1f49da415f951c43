import { resolve } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import { readModelFiles } from './model-files.ts';

/** Folder of cached hub models, relative to the working directory. */
const cacheDir = '.diptych/cache/hub';

const defaultHost = 'https://huggingface.co';

/** OWNER/NAME. What looks like a path here (`./x`, `../x`, `models/x`) is never asked of the hub. */
const hubId = /^(?!models\/)[a-z\d][\w.-]*\/[a-z\d][\w.-]*$/i;

/**
 * Fetch a model of the Hugging Face hub into the cache, unless it is already there. The environment
 * variable HF_ENDPOINT names another host.
 *
 * @param id - e.g. `Xenova/clip-vit-base-patch32`: CLIP or SigLIP with ONNX weights
 * @returns folder of the model
 * @throws DiptychError unreadable_model - there is no such model or no network
 */
export async function fetchHubModel(id: string): Promise<string> {
  if (!hubId.test(id)) {
    throw new DiptychError(
      'unreadable_model',
      `${id}: expected a model folder or a hub id of the form OWNER/NAME, got neither`,
    );
  }
  const dir = resolve(cacheDir, id);
  const host = process.env.HF_ENDPOINT ?? defaultHost;
  try {
    await readModelFiles(dir);
    return dir;
  } catch {
    // Not in the cache, or not all of it.
  }
  try {
    await download(id, host);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DiptychError(
      'unreadable_model',
      `${id}: no such folder, and the hub model could not be fetched from ${host}: ${reason}`,
      { id, host },
      { cause },
    );
  }
  return dir;
}

/** Load each part once with transformers.js, which stores the files in the cache. */
async function download(id: string, host: string): Promise<void> {
  const hub = await import('@huggingface/transformers');
  hub.env.remoteHost = host;
  hub.env.cacheDir = resolve(cacheDir);
  hub.env.allowLocalModels = false;
  const { model_type: type } = (await hub.AutoConfig.from_pretrained(id)) as {
    model_type?: string;
  };
  const towers = {
    clip: [hub.CLIPTextModelWithProjection, hub.CLIPVisionModelWithProjection],
    siglip: [hub.SiglipTextModel, hub.SiglipVisionModel],
  } as const;
  if (type !== 'clip' && type !== 'siglip') {
    throw new Error(`expected model_type clip or siglip in config.json, got ${String(type)}`);
  }
  await hub.AutoTokenizer.from_pretrained(id);
  await hub.AutoProcessor.from_pretrained(id);
  for (const tower of towers[type]) {
    const model = await tower.from_pretrained(id, { dtype: 'fp32' });
    await model.dispose();
  }
}
