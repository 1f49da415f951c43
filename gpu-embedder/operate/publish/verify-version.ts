import { createHash } from 'node:crypto';
import { z } from 'zod';
import { modelKey, vectorFile, type VectorKind } from '../../../src/version/keys.ts';
import type { Manifest } from '../../../src/version/manifest.ts';
import { parseArtifactJson } from '../../../src/version/parse-json.ts';
import { readVectorHeader } from '../../../src/version/read-vector-header.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import type { FileSource } from '../../../src/search/open/file-source.ts';
import { openCaptions, openItems } from '../../../src/search/open/open-version.ts';
import {
  checkListed,
  checkSize,
  missingFile,
  readUnlistedText,
} from '../../../src/search/open/read-file.ts';
import { storeSource } from '../../../src/search/open/store-source.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { openStoredVersion } from '../store/open-stored-version.ts';
import { readPlainVectors } from '../vectorize/read-plain-vectors.ts';

export interface VerifyOptions {
  /** Smallest measured annRecall@10 that both indexes may have; default 0. */
  readonly recall?: number;
  /** Compares the version with its expected content, such as a ledger; throws if they differ. */
  readonly compare?: (manifest: Manifest) => void | Promise<void>;
  /** False checks sizes only; default true. */
  readonly checksums?: boolean;
  /** Is told of each file that is missing or damaged; by default the first one is thrown. */
  readonly onBadFile?: (error: DiptychError) => void;
}

const filesSchema = z.record(z.string(), z.object({ bytes: z.int().min(0), sha256: z.string() }));
/** A model without towers for the edge has no files there. */
const modelSchema = z.object({ hash: z.string(), files: filesSchema.nullable() });

/**
 * Check a version and its model in a store: the size and checksum of every file, the counts in the
 * manifest, and the measured recall.
 *
 * @throws DiptychError not_found (no such version), index_unreadable, below_minimum (recall), or what
 *   `compare` throws
 */
export async function verifyVersion(
  store: ObjectStore,
  collection: string,
  version: string,
  { recall = 0, compare, checksums = true, onBadFile }: VerifyOptions = {},
): Promise<Manifest> {
  const source = storeSource(store);
  const files = await openStoredVersion(store, collection, version);
  const { manifest } = files;
  let isWhole = true;
  const tell = (error: unknown) => {
    const isOfFile = error instanceof DiptychError && error.code === 'index_unreadable';
    if (!isOfFile || !onBadFile) throw error;
    isWhole = false;
    onBadFile(error);
  };
  await checkFiles(source, manifest.files, checksums, files.key, tell);
  const { hash } = manifest.model;
  const key = modelKey(hash, 'model.json');
  const json = await readUnlistedText(source, key);
  if (json === null) throw missingFile(key);
  const model = parseArtifactJson(key, modelSchema, json);
  expectSame(`${key}: hash`, hash, model.hash);
  await checkFiles(source, model.files ?? {}, checksums, (name) => modelKey(hash, name), tell);
  if (checksums && isWhole) await checkCounts(files);
  checkRecall(manifest, recall);
  await compare?.(manifest);
  return manifest;
}

async function checkFiles(
  source: FileSource,
  files: Manifest['files'],
  checksums: boolean,
  keyOf: (name: string) => string,
  tell: (error: unknown) => void,
): Promise<void> {
  for (const [name, entry] of Object.entries(files)) {
    const key = keyOf(name);
    const check = checksums
      ? checkListed(source, key, entry, createHash('sha256'))
      : checkSize(source, key, entry.bytes);
    await check.catch(tell);
  }
}

/** Check that the files hold as many items, captions and vectors as the manifest says. */
async function checkCounts(files: VersionFiles): Promise<void> {
  const { manifest, key } = files;
  const { counts } = manifest;
  expectSame(`${key('manifest.json')}: image.count`, counts.items, manifest.image.count);
  expectSame(`${key('manifest.json')}: caption.count`, counts.captions, manifest.caption.count);
  await openItems(files);
  await openCaptions(files);
  await checkVectors(files, 'image');
  await checkVectors(files, 'caption');
}

async function checkVectors(files: VersionFiles, kind: VectorKind): Promise<void> {
  const { vectors, shards, [kind]: index } = files.manifest;
  if (vectors === 'vectorize') {
    await readPlainVectors(files, kind);
    return;
  }
  const parts = shards?.map((shard, i) => ({
    name: vectorFile(kind, i),
    count: shard[kind].count,
  }));
  for (const { name, count } of parts ?? [{ name: vectorFile(kind), count: index.count }]) {
    const header = readVectorHeader(await files.read(name), files.key(name));
    expectSame(`${files.key(name)}: vectors`, count, header.count);
  }
}

function checkRecall({ collection, version, image, caption }: Manifest, least: number): void {
  for (const [kind, { annRecallAt10 }] of Object.entries({ image, caption })) {
    // Null if the index is empty or Vectorize searches it.
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
