import { modelKey } from '../../../src/version/keys.ts';
import type { Manifest } from '../../../src/version/manifest.ts';
import { DiptychError } from '../../../src/errors.ts';
import { hashModel, readModelFiles } from '../../common/model-folder/model-files.ts';
import { edgeFiles } from '../../index/version/edge-files.ts';
import { sha256Hex } from '../../common/sha256-hex.ts';
import type { PublishedObject, VersionFolder } from './read-version.ts';

/**
 * List the objects of a version and its model that the edge reads, except the pointer.
 *
 * @throws DiptychError `model_mismatch` if the version was built with another model
 */
export async function objectsOf(
  { manifest, objects }: VersionFolder,
  modelDir: string,
): Promise<PublishedObject[]> {
  await checkModel(manifest, modelDir);
  return [...objects(), ...(await modelObjects(modelDir, manifest.model))];
}

/** Check that a version was built with a model. @throws DiptychError model_mismatch */
export async function checkModel(manifest: Manifest, modelDir: string): Promise<void> {
  const hash = await hashModel(await readModelFiles(modelDir));
  if (hash === manifest.model.hash) return;
  throw new DiptychError(
    'model_mismatch',
    `index ${manifest.version} was built with model ${manifest.model.id} (${manifest.model.hash}), ` +
      `${modelDir} is ${hash}: encode and index again, or name the model it was built with`,
  );
}

/** List the objects of a model at the edge. The description is last: it shows that all are there. */
export async function modelObjects(
  modelDir: string,
  description: Manifest['model'],
): Promise<PublishedObject[]> {
  const found = await edgeFiles(await readModelFiles(modelDir));
  const files = Object.entries(found ?? {});
  const entries = files.map(
    ([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256Hex(bytes) }] as const,
  );
  const model = { ...description, files: found && Object.fromEntries(entries) };
  const object = (name: string, bytes: Uint8Array): PublishedObject => ({
    key: modelKey(description.hash, name),
    size: bytes.length,
    sha256: sha256Hex(bytes),
    read: async () => bytes,
  });
  return [
    ...files.map(([name, bytes]) => object(name, bytes)),
    object('model.json', Buffer.from(JSON.stringify(model))),
  ];
}
