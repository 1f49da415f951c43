import { activeKey, modelKey, versionKey } from '../../../src/version/keys.ts';
import { parsePointer, type Pointer } from '../../../src/version/pointer.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import type { VersionFolder } from '../../../gpu-embedder/operate/publish/read-version.ts';
import { modelObjects } from '../../../gpu-embedder/operate/publish/published-objects.ts';

export const collection = 'squares';

/** Names of versions; their order is not that of time. */
export const versionIds = Array.from(
  { length: 9 },
  (_, i) => `2026010${i + 1}-${String(i + 1).repeat(12)}`,
);

/** Put a version into a store under another name; `storeModel` puts its model. */
export async function storeVersion(
  store: ObjectStore,
  folder: VersionFolder,
  version: string,
  hash = folder.manifest.model.hash,
): Promise<void> {
  const { manifest } = folder;
  const from = versionKey(manifest.collection, manifest.version, '');
  for (const { key, read } of folder.objects()) {
    const name = key.slice(from.length);
    if (name === 'manifest.json') continue;
    await store.put(versionKey(collection, version, name), await read());
  }
  const named = { ...manifest, collection, version, model: { ...manifest.model, hash } };
  const key = versionKey(collection, version, 'manifest.json');
  await store.put(key, Buffer.from(JSON.stringify(named)));
}

export async function storeModel(store: ObjectStore, modelDir: string, hash: string) {
  const about = { id: 'tiny', hash, embedDim: 8, imageSize: 32, contextLength: 16, logitScale: 3 };
  for (const { key, read } of await modelObjects(modelDir, about))
    await store.put(key, await read());
}

export async function pointerOf(store: ObjectStore, name = collection): Promise<Pointer | null> {
  const bytes = await store.get(activeKey(name));
  return bytes && parsePointer(name, Buffer.from(bytes).toString('utf8'));
}

/** List the folders of versions and models with objects in a store. */
export async function namesIn(store: ObjectStore, prefix: string): Promise<string[]> {
  const names = (await store.list(prefix)).map(({ key }) => key.slice(prefix.length).split('/')[0]);
  return [...new Set(names)].filter((name) => name !== 'active.json');
}

export const modelDescription = (hash: string) => modelKey(hash, 'model.json');
