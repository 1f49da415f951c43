import { activeKey, collectionsPrefix } from '../../src/artifact/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Env } from '../env.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import type { Kernels } from './kernels.ts';
import {
  openCollection,
  openItems,
  readManifest,
  type Collection,
  type CollectionItems,
} from './open-collection.ts';
import { openModel, type EdgeModel } from './open-model.ts';
import { createShared, type Shared } from './shared.ts';

/** Keeps work going that other requests wait for, when the request that began it ends. */
export type KeepAlive = (work: Promise<unknown>) => void;

/** The collections of a bucket; versions are loaded when first asked for and kept. */
export interface Collections {
  /**
   * The active version, in memory.
   *
   * @throws DiptychError unknown_collection, model_mismatch, index_unreadable, index_too_large
   */
  open(env: Env, name: string, keepAlive: KeepAlive): Promise<Collection>;
  /** The items of the active version, without the rest. */
  items(env: Env, name: string, keepAlive: KeepAlive): Promise<CollectionItems>;
  /** The manifest of the active version, without loading it. */
  describe(env: Env, name: string): Promise<Manifest>;
  names(env: Env): Promise<string[]>;
}

export interface CollectionsOptions {
  /** How long a pointer to the active version is believed, milliseconds. */
  readonly pointerMs?: number;
  /** Memory that loaded versions and their models may take, bytes. */
  readonly budgetBytes?: number;
}

export function createCollections(
  kernels: Kernels,
  { pointerMs = 5000, budgetBytes = defaults.isolateBudgetBytes }: CollectionsOptions = {},
): Collections {
  const pointers = new Map<string, { readonly version: string; readonly until: number }>();
  const manifests = createShared<Manifest>();
  const models = createShared<EdgeModel>();
  const items = createShared<CollectionItems>();
  /** By collection and version, the least recently used first. */
  const loaded = createShared<Collection>();
  const costs = new Map<string, { readonly bytes: number; readonly modelHash: string }>();

  async function activeVersion({ ARTIFACTS }: Env, name: string): Promise<string> {
    const known = pointers.get(name);
    if (known && known.until > Date.now()) return known.version;
    const version = await readPointer(ARTIFACTS, name);
    pointers.set(name, { version, until: Date.now() + pointerMs });
    return version;
  }

  async function describe(env: Env, name: string): Promise<Manifest> {
    const version = await activeVersion(env, name);
    return manifests.get(keyOf(name, version), () => {
      forgetVersions(manifests, name);
      return readManifest(env.ARTIFACTS, name, version);
    });
  }

  /** Forget other versions of the collection, then those used longest ago, until `manifest` fits. */
  function makeRoom({ collection, version, memory, model }: Manifest): void {
    if (memory.total > budgetBytes) {
      throw new DiptychError(
        'index_too_large',
        `collection ${collection}, version ${version}: expected at most ${budgetBytes} bytes of memory, needs ${memory.total}`,
        { budget: budgetBytes, needs: memory.total },
      );
    }
    let total = memory.total;
    for (const key of loaded.keys()) total += costs.get(key)?.bytes ?? 0;
    for (const key of loaded.keys()) {
      if (total <= budgetBytes && !key.startsWith(keyOf(collection, ''))) continue;
      loaded.forget(key);
      total -= costs.get(key)?.bytes ?? 0;
      costs.delete(key);
    }
    const used = new Set([model.hash, ...loaded.keys().map((key) => costs.get(key)?.modelHash)]);
    for (const hash of models.keys()) if (!used.has(hash)) models.forget(hash);
  }

  async function openItemsOf(
    env: Env,
    name: string,
    keepAlive: KeepAlive,
  ): Promise<CollectionItems> {
    const manifest = await describe(env, name);
    return items.get(keyOf(name, manifest.version), () => {
      forgetVersions(items, name);
      const work = openItems(env.ARTIFACTS, manifest);
      keepAlive(work.catch(() => undefined));
      return work;
    });
  }

  return {
    describe,
    items: openItemsOf,
    async open(env, name, keepAlive) {
      const manifest = await describe(env, name);
      const key = keyOf(name, manifest.version);
      const { hash } = manifest.model;
      return loaded.get(key, () => {
        makeRoom(manifest);
        costs.set(key, { bytes: manifest.memory.total, modelHash: hash });
        const work = Promise.all([
          openItemsOf(env, name, keepAlive),
          models.get(hash, () => openModel(env.ARTIFACTS, manifest, kernels.encoder)),
        ]).then(([shown, model]) => openCollection(env, shown, model, kernels.search));
        keepAlive(work.catch(() => undefined));
        return work;
      });
    },
    async names({ ARTIFACTS }) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await ARTIFACTS.list({ prefix: collectionsPrefix, delimiter: '/', cursor });
        names.push(
          ...page.delimitedPrefixes.map((prefix) => prefix.slice(collectionsPrefix.length, -1)),
        );
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor);
      return names;
    },
  };
}

function forgetVersions(shared: Shared<unknown>, collection: string): void {
  const prefix = keyOf(collection, '');
  for (const key of shared.keys()) if (key.startsWith(prefix)) shared.forget(key);
}

function keyOf(collection: string, version: string): string {
  return `${collection}/${version}`;
}

async function readPointer(bucket: ArtifactBucket, name: string): Promise<string> {
  const object = await bucket.get(activeKey(name));
  if (!object) {
    throw new DiptychError('unknown_collection', `collection: there is none named ${name}`, {
      collection: name,
    });
  }
  const pointer: unknown = await object.json().catch(() => null);
  const version = (pointer as { version?: unknown } | null)?.version;
  if (typeof version === 'string' && version !== '') return version;
  throw new DiptychError('index_unreadable', `${activeKey(name)}: expected {"version": "…"}`);
}
