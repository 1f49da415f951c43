import { z } from 'zod';
import { parseCaptions } from '../../src/artifact/captions.ts';
import { parseItems } from '../../src/artifact/items.ts';
import { modelKey, plainVectorFile, vectorFile, versionKey } from '../../src/version/keys.ts';
import { parseManifest, type Manifest } from '../../src/artifact/manifest.ts';
import { parseArtifactJson } from '../../src/artifact/parse-json.ts';
import { readVectorHeader } from '../../src/artifact/read-vector-header.ts';
import { DiptychError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { storedSha256 } from './stored-sha256.ts';

export interface VerifyOptions {
  /** annRecall@10 that both indexes must have been measured to reach; default 0. */
  readonly recall?: number;
  /** Compares the version with what should be in it, such as a ledger; throws where it differs. */
  readonly compare?: (manifest: Manifest) => void | Promise<void>;
  /** False looks at sizes alone; default true. */
  readonly checksums?: boolean;
}

const filesSchema = z.record(z.string(), z.object({ bytes: z.int().min(0), sha256: z.string() }));
const modelSchema = z.object({ hash: z.string(), files: filesSchema });

/**
 * Check what a store has of a version and its model: every file by size and checksum, counts against
 * the manifest, and the recall that was measured.
 *
 * @throws DiptychError not_found (no such version), index_unreadable, below_minimum (recall), or what
 *   `compare` throws
 */
export async function verifyVersion(
  store: ObjectStore,
  collection: string,
  version: string,
  { recall = 0, compare, checksums = true }: VerifyOptions = {},
): Promise<Manifest> {
  const manifest = await storedManifest(store, collection, version);
  await checkFiles(store, manifest.files, checksums, (name) =>
    versionKey(collection, version, name),
  );
  const { hash } = manifest.model;
  const description = modelKey(hash, 'model.json');
  const model = parseArtifactJson(description, modelSchema, await readText(store, description));
  expectSame(`${description}: hash`, hash, model.hash);
  await checkFiles(store, model.files, checksums, (name) => modelKey(hash, name));
  if (checksums) await checkCounts(store, manifest);
  checkRecall(manifest, recall);
  await compare?.(manifest);
  return manifest;
}

/** Read the manifest of a version that was uploaded. @throws DiptychError not_found, index_unreadable */
export async function storedManifest(
  store: ObjectStore,
  collection: string,
  version: string,
): Promise<Manifest> {
  const key = versionKey(collection, version, 'manifest.json');
  const bytes = await store.get(key);
  if (!bytes) {
    throw new DiptychError('not_found', `collection ${collection} has no version ${version}`);
  }
  const manifest = parseManifest(key, new TextDecoder().decode(bytes));
  expectSame(`${key}: version`, version, manifest.version);
  expectSame(`${key}: collection`, collection, manifest.collection);
  return manifest;
}

async function checkFiles(
  store: ObjectStore,
  files: Manifest['files'],
  checksums: boolean,
  keyOf: (name: string) => string,
): Promise<void> {
  for (const [name, { bytes, sha256 }] of Object.entries(files)) {
    const key = keyOf(name);
    if (checksums) expectSame(`${key}: SHA-256`, sha256, await storedSha256(store, key, bytes));
    else expectSame(`${key}: bytes`, bytes, (await store.head(key))?.size ?? 'none');
  }
}

/** What the files hold, against what the manifest says. */
async function checkCounts(store: ObjectStore, manifest: Manifest): Promise<void> {
  const { collection, version, counts, vectors, shards, model } = manifest;
  const key = (name: string) => versionKey(collection, version, name);
  const items = parseItems(await readText(store, key('items.json')));
  expectSame(`${key('items.json')}: items`, counts.items, items.ids.length);
  expectSame(`${key('items.json')}: distinct ids`, counts.items, new Set(items.ids).size);
  const captions = parseCaptions(await readText(store, key('captions.json')));
  expectSame(`${key('captions.json')}: captions`, counts.captions, captions.texts.length);
  for (const kind of ['image', 'caption'] as const) {
    const expected = kind === 'image' ? counts.items : counts.captions;
    expectSame(`${key('manifest.json')}: ${kind}.count`, expected, manifest[kind].count);
    const parts = shards?.map((shard, i) => ({ i, count: shard[kind].count })) ?? [
      { i: undefined, count: expected },
    ];
    for (const { i, count } of parts) {
      const name = vectors === 'isolate' ? vectorFile(kind, i) : plainVectorFile(kind);
      const { bytes } = manifest.files[name] ?? { bytes: 0 };
      const got =
        vectors === 'isolate' ? await vectorCount(store, key(name)) : bytes / (4 * model.embedDim);
      expectSame(`${key(name)}: vectors`, count, got);
    }
  }
}

async function vectorCount(store: ObjectStore, key: string): Promise<number> {
  return readVectorHeader((await store.get(key)) ?? new Uint8Array(), key).count;
}

async function readText(store: ObjectStore, key: string): Promise<string> {
  const bytes = await store.get(key);
  if (bytes) return new TextDecoder().decode(bytes);
  throw new DiptychError('index_unreadable', `${key}: expected an object, got none`, { key });
}

function checkRecall({ collection, version, image, caption }: Manifest, least: number): void {
  for (const [kind, { annRecallAt10 }] of Object.entries({ image, caption })) {
    // Null where there was nothing to measure, or Vectorize searches.
    if (annRecallAt10 === null || annRecallAt10 >= least) continue;
    throw new DiptychError(
      'below_minimum',
      `${collection} ${version}: expected annRecall@10 of ${kind}s of at least ${least}, got ${annRecallAt10}`,
      { kind, expected: least, got: annRecallAt10 },
    );
  }
}

function expectSame(what: string, expected: string | number, got: string | number): void {
  if (expected === got) return;
  throw new DiptychError('index_unreadable', `${what}: expected ${expected}, got ${got}`);
}
