import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DiptychError } from '../../../../src/errors.ts';
import { readModelFiles } from '../../../common/model-folder/model-files.ts';
import type { Modality } from '../tower.ts';
import { replaceWeights } from './replace-weights.ts';
import { parameterName } from './weights.ts';

export interface ExportOptions {
  /** Name of the model, for folders that contain one (models of ours); by default that of the source. */
  readonly modelId?: string;
}

/** Parameter of the losses that a model folder stores in its configuration, log space. */
const logitScaleName = 'logit_scale';

/**
 * Write a copy of a model folder with other weights. Each weight keeps its type. `outDir` is replaced
 * only by a complete folder.
 *
 * @param weights - by parameter name: `image/…`, `text/…` and `logit_scale`; other weights stay
 * @throws DiptychError `unreadable_model`: a weight that the model does not have
 */
export async function exportImported(
  modelDir: string,
  outDir: string,
  weights: ReadonlyMap<string, Float32Array>,
  { modelId }: ExportOptions = {},
): Promise<void> {
  const files = await readModelFiles(modelDir);
  const towers = [
    { modality: 'image', path: files.visionModel },
    { modality: 'text', path: files.textModel },
  ] as const;
  for (const name of weights.keys())
    if (name !== logitScaleName && !towers.some(({ modality }) => isOf(modality, name)))
      throw new DiptychError(
        'unreadable_model',
        `export to ${outDir}: weight ${name}: expected image/…, text/… or ${logitScaleName}`,
      );
  const partial = `${outDir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'onnx'), { recursive: true });
  await copyDescription(modelDir, partial);
  const config = configured(files.config, weights.get(logitScaleName)?.[0], modelId);
  await writeFile(join(partial, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  for (const { modality, path } of towers) {
    const model = replaceWeights(await readFile(path), modality, ofTower(weights, modality), path);
    await writeFile(join(partial, 'onnx', basename(path)), model);
  }
  await rm(outDir, { recursive: true, force: true });
  await rename(partial, outDir);
}

const isOf = (modality: Modality, name: string): boolean =>
  name.startsWith(parameterName(modality, ''));

/** The weights of a tower by their names in its file. */
function ofTower(
  weights: ReadonlyMap<string, Float32Array>,
  modality: Modality,
): ReadonlyMap<string, Float32Array> {
  const prefix = parameterName(modality, '').length;
  const own = [...weights].filter(([name]) => isOf(modality, name));
  return new Map(own.map(([name, data]) => [name.slice(prefix), data]));
}

/** Copy configuration, preprocessing and tokenizer. Weights in other formats would be stale: leave them. */
async function copyDescription(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true }))
    if (!entry.isDirectory() && /\.(json|txt|model)$/.test(entry.name))
      await copyFile(join(from, entry.name), join(to, entry.name));
}

function configured(
  config: Readonly<Record<string, unknown>>,
  logitScale?: number,
  modelId?: string,
): object {
  const scale = (key: string) => (logitScale === undefined ? {} : { [key]: logitScale });
  if (!config.diptych) return { ...config, ...scale('trained_logit_scale') };
  const name = modelId === undefined ? {} : { modelId };
  return { ...config, diptych: { ...config.diptych, ...name, ...scale('logitScale') } };
}
