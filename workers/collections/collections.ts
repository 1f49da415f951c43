import type { IndexReference, PartialAnswer } from '../../src/http/api.ts';
import { collectionOf, collectionsPrefix } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { encodesTexts, jointMemory } from '../../src/search/open/memory-budget.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Collection, CollectionItems } from '../../src/search/collection.ts';
import { hideFromItems, hideItems } from '../../src/search/hide-items.ts';
import { embedderEncoders } from '../../src/search/embedder-encoders.ts';
import { openModel } from '../../src/search/open/open-model.ts';
import type { QueryModel } from '../../src/search/query-model.ts';
import type { ShownCounts } from '../../src/search/shown-counts.ts';
import type { Env } from '../env.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';
import { queryEmbedder } from '../stores/open-embedder.ts';
import { bucketManifest, bucketSource, bucketVersion } from '../stores/bucket-source.ts';
import type { ShardTimes } from '../vectors/open-shards.ts';
import { readActiveVersion } from './active-version.ts';
import { createBelieved } from './believed.ts';
import { readDeletedItems } from './deleted-items.ts';
import { openCollection, openShownItems } from './open-collection.ts';
import { createShared, type Shared } from './shared.ts';
import { createCountShown } from './shown-counts.ts';

/** Modules of `build/wasm`: workerd imports them, a browser fetches and compiles them. */
export interface Kernels {
  /** `search.wasm` or `search-relaxed.wasm`. */
  readonly search: WebAssembly.Module;
  readonly encoder: WebAssembly.Module;
}

/** Keeps work going after the request that began it ends, because other requests wait for it too. */
export type KeepAlive = (work: Promise<unknown>) => void;

/**
 * The collections of a bucket. A version is loaded at its first request and kept. When another
 * version becomes active, it is loaded beside the old one. The old one answers until the new one is
 * loaded, and goes on answering if the new one cannot be loaded.
 */
export interface Collections {
  /**
   * Open the version that answers requests, in memory.
   *
   * @throws DiptychError unknown_collection, model_mismatch, index_unreadable, index_too_large,
   *   shard_unavailable
   */
  open(env: Env, name: string, keepAlive: KeepAlive): Promise<Collection>;
  /** Open the items of that version. If none is loaded, load the items of the active one alone. */
  items(env: Env, name: string, keepAlive: KeepAlive): Promise<CollectionItems>;
  /** Describe the active version, without loading it for search. */
  describe(env: Env, name: string): Promise<Description>;
  names(env: Env): Promise<string[]>;
}

export interface Description {
  readonly manifest: Manifest;
  /** Without the items that were deleted since the version was built. */
  readonly shown: ShownCounts;
}

export interface CollectionsOptions extends ShardTimes {
  /**
   * How long a pointer to the active version is believed before it is read again, and how long a
   * failed load is not tried again while another version answers, milliseconds.
   */
  readonly pointerMs?: number;
  /** Memory that loaded versions and their models may take, bytes. */
  readonly budgetBytes?: number;
}

/** What this isolate holds of a collection. */
interface Slot {
  /** The version that answers. */
  serving?: Collection;
  /** The version that is being loaded, once its manifest is there. */
  next?: Manifest;
  loading?: Promise<Collection>;
  /** A version that could not be loaded. */
  failed?: { readonly version: string; readonly until: number };
}

export function createCollections(kernels: Kernels, options: CollectionsOptions = {}): Collections {
  const { pointerMs = 5000, budgetBytes = defaults.isolateBudgetBytes } = options;
  const activeVersion = createBelieved(pointerMs, readActiveVersion);
  const deletedItems = createBelieved(pointerMs, readDeletedItems);
  /** Opened versions without their deleted items, each with the ids that it leaves out. */
  const views = new WeakMap<Collection, { ids: ReadonlySet<string>; collection: Collection }>();
  const countShown = createCountShown();
  const manifests = createShared<Manifest>();
  const models = createShared<QueryModel>();
  const items = createShared<CollectionItems>();
  /** By collection, the least recently used first. */
  const slots = new Map<string, Slot>();

  function slotOf(name: string): Slot {
    const slot = slots.get(name) ?? {};
    slots.delete(name);
    slots.set(name, slot);
    return slot;
  }

  async function open(env: Env, name: string, keepAlive: KeepAlive): Promise<Collection> {
    const version = await activeVersion(env.ARTIFACTS, name);
    const slot = slotOf(name);
    const { serving, failed } = slot;
    if (serving?.reference.version === version) return serving;
    const isLeftAlone = serving && failed?.version === version && failed.until > Date.now();
    if (!slot.loading && !isLeftAlone) {
      slot.loading = load(env, name, version, slot).finally(() => {
        slot.loading = slot.next = undefined;
      });
      keepAlive(slot.loading.catch(() => undefined));
    }
    return serving ?? slot.loading!;
  }

  /** Load a version into a slot. If that fails, the version before it goes on answering. */
  async function load(env: Env, name: string, version: string, slot: Slot): Promise<Collection> {
    // Keep only the manifest, so the old version can be garbage-collected.
    const before = slot.serving?.manifest;
    try {
      slot.next = await manifestOf(env, name, version);
      makeRoom(slot, slot.next);
      const opened = await openVersion(env, slot.next);
      if (before && opened.partial) throw incomplete(opened.reference, opened.partial);
      slot.serving = opened;
    } catch (error) {
      if (!before) throw error;
      slot.failed = { version, until: Date.now() + pointerMs };
      const answers = before.version;
      console.log(JSON.stringify({ collection: name, version, answers, failed: String(error) }));
      slot.next = undefined;
      items.forget(keyOf(name, version));
      slot.serving ??= await openVersion(env, before);
    }
    return slot.serving;
  }

  /**
   * Drop the least recently used collections until a version fits. If that is not enough, also drop
   * the version that it replaces: requests then wait until the new one is loaded.
   */
  function makeRoom(slot: Slot, { collection, version, memory }: Manifest): void {
    if (memory.total > budgetBytes) {
      throw new DiptychError(
        'index_too_large',
        `collection ${collection}, version ${version}: expected at most ${budgetBytes} bytes of memory, needs ${memory.total}`,
        { budget: budgetBytes, needs: memory.total },
      );
    }
    const present = () =>
      [...slots.values()]
        .flatMap(({ serving, next }) => [serving?.manifest, next])
        .filter((manifest) => manifest !== undefined);
    for (const [name, other] of slots) {
      if (jointMemory(present()) <= budgetBytes) break;
      if (other !== slot) slots.delete(name);
    }
    if (jointMemory(present()) > budgetBytes) slot.serving = undefined;
    const used = new Set(present().map(modelKeyOf));
    for (const key of models.keys()) if (!used.has(key)) models.forget(key);
  }

  async function openVersion(env: Env, manifest: Manifest): Promise<Collection> {
    const [shown, model] = await Promise.all([
      itemsOf(env, manifest),
      models.get(modelKeyOf(manifest), () =>
        openModel(bucketSource(env.ARTIFACTS), manifest, kernels.encoder, (model) =>
          embedderEncoders(queryEmbedder(env), model),
        ),
      ),
    ]);
    return openCollection(env, shown, model, kernels.search, options);
  }

  function manifestOf(env: Env, name: string, version: string): Promise<Manifest> {
    return getOnly(manifests, name, version, () => bucketManifest(env.ARTIFACTS, name, version));
  }

  function itemsOf(env: Env, manifest: Manifest): Promise<CollectionItems> {
    const { collection, version } = manifest;
    return getOnly(items, collection, version, () =>
      openShownItems(bucketVersion(env.ARTIFACTS, manifest)),
    );
  }

  /** Open the version that answers, without the items that were deleted since it was built. */
  async function openShown(env: Env, name: string, keepAlive: KeepAlive): Promise<Collection> {
    const opened = await open(env, name, keepAlive);
    const { ids } = await deletedItems(env.ARTIFACTS, name);
    const known = views.get(opened);
    if (known?.ids === ids) return known.collection;
    const collection = hideItems(opened, ids);
    views.set(opened, { ids, collection });
    return collection;
  }

  return {
    open: openShown,
    async items(env, name, keepAlive) {
      if (slots.get(name)?.serving) return openShown(env, name, keepAlive);
      const version = await activeVersion(env.ARTIFACTS, name);
      const work = itemsOf(env, await manifestOf(env, name, version));
      keepAlive(work.catch(() => undefined));
      const { ids } = await deletedItems(env.ARTIFACTS, name);
      return hideFromItems(await work, ids);
    },
    async describe(env, name) {
      const { ARTIFACTS } = env;
      const manifest = await manifestOf(env, name, await activeVersion(ARTIFACTS, name));
      const { ids } = await deletedItems(ARTIFACTS, name);
      return { manifest, shown: await countShown(ARTIFACTS, manifest, ids) };
    },
    names: (env) => collectionNames(env.ARTIFACTS),
  };
}

/** Versions share a model, if its towers fit beside the vectors of both or of none. */
function modelKeyOf(manifest: Manifest): string {
  return `${manifest.model.hash} ${encodesTexts(manifest)}`;
}

async function collectionNames(bucket: ArtifactBucket): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: collectionsPrefix, delimiter: '/', cursor });
    names.push(...page.delimitedPrefixes.map(collectionOf));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return names;
}

/** The error of a version that lacks shards: the version before it, which is whole, stays. */
function incomplete(
  { collection, version }: IndexReference,
  { shards, answered }: PartialAnswer,
): DiptychError {
  return new DiptychError(
    'shard_unavailable',
    `collection ${collection}, version ${version}: expected ${shards} shards, ${answered} could be loaded`,
    { shards, answered },
  );
}

/** Get a value of a version. Where it has to be made, values of the other versions are dropped. */
function getOnly<V>(
  shared: Shared<V>,
  collection: string,
  version: string,
  make: () => Promise<V>,
): Promise<V> {
  return shared.get(keyOf(collection, version), () => {
    const prefix = keyOf(collection, '');
    for (const key of shared.keys()) if (key.startsWith(prefix)) shared.forget(key);
    return make();
  });
}

function keyOf(collection: string, version: string): string {
  return `${collection}/${version}`;
}
