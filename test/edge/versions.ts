import type { IndexedItem } from '../../src/version/items.ts';
import { activeKey, itemsFile, versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { sha256 } from '../../src/version/sha256.ts';
import { readItemTable, writeItemTable } from '../../src/version/tables/item-table.ts';
import type { Env } from '../../workers/env.ts';
import { bindings, fixture } from './client.ts';

const { ARTIFACTS: bucket } = bindings;

/** Versions of the fixture, by collection. */
const versions = { pictograms: fixture.version, sharded: fixture.shardedVersion };
type Name = keyof typeof versions;

export const keyOf = (file: string, version = fixture.version) =>
  versionKey('pictograms', version, file);

export async function readManifest(name: Name = 'pictograms'): Promise<Manifest> {
  const key = versionKey(name, versions[name], 'manifest.json');
  return (await bucket.get(key))!.json<Manifest>();
}

/** Put the fixture's manifest, edited, as that of a version. */
export async function editManifest(
  edit: (manifest: Manifest) => Manifest,
  version = fixture.version,
  name: Name = 'pictograms',
): Promise<void> {
  const key = versionKey(name, version, 'manifest.json');
  await bucket.put(key, JSON.stringify(edit(await readManifest(name))));
}

/** Put the fixture's items, edited, with the checksum that the manifest then needs. */
export async function editItems(edit: (item: IndexedItem) => IndexedItem): Promise<void> {
  const object = await bucket.get(keyOf(itemsFile));
  const items = readItemTable(new Uint8Array(await object!.arrayBuffer()));
  const bytes = writeItemTable(items.ids.all().map((_, ordinal) => edit(items.at(ordinal))));
  await bucket.put(keyOf(itemsFile), bytes);
  const entry = { bytes: bytes.length, sha256: await sha256(bytes) };
  await editManifest((m) => ({ ...m, files: { ...m.files, [itemsFile]: entry } }));
}

/** Publish the objects of the fixture as another version, once `damage` is done to them. */
export async function publishCopy(
  version: string,
  damage?: () => Promise<void>,
  name: Name = 'pictograms',
): Promise<void> {
  const prefix = versionKey(name, versions[name], '');
  for (const { key } of (await bucket.list({ prefix })).objects) {
    const object = await bucket.get(key);
    await bucket.put(key.replace(versions[name], version), await object!.arrayBuffer());
  }
  await editManifest((manifest) => ({ ...manifest, version }), version, name);
  await damage?.();
  await bucket.put(activeKey(name), JSON.stringify({ version }));
}

/** Change one byte in the middle of an object. */
export async function damageObject(key: string): Promise<void> {
  const bytes = new Uint8Array(await (await bucket.get(key))!.arrayBuffer());
  bytes[bytes.length >> 1]! ^= 1;
  await bucket.put(key, bytes);
}

/** Bindings that call `onGet` before every read. */
export function watchReads(onGet: (key: string) => unknown): Env {
  const watched = new Proxy(bucket, {
    get(target, property) {
      if (property === 'get') {
        return async (key: string, options?: R2GetOptions) => {
          await onGet(key);
          return target.get(key, options);
        };
      }
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...bindings, ARTIFACTS: watched };
}

/** Count how often keys are read. */
export function countReads() {
  const reads = new Map<string, number>();
  return { reads, env: watchReads((key) => reads.set(key, (reads.get(key) ?? 0) + 1)) };
}
