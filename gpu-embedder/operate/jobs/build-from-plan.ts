import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../../src/version/manifest.ts';
import { parsePlanOptions } from '../../../src/jobs/build-options.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { openStoredVersion } from '../store/open-stored-version.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { hashModel, readModelFiles } from '../../common/model-folder/model-files.ts';
import { listVersions } from '../publish/list-versions.ts';
import { readVersion } from '../publish/read-version.ts';
import { uploadVersion } from '../publish/upload-version.ts';
import { buildVersion, type BuildStage } from '../../index/version/build-version.ts';
import type { IndexSource } from '../../index/source/index-source.ts';
import { openPlanSource } from '../../index/source/plan-source.ts';
import { isBuiltFrom } from '../../index/version/version-id.ts';
import { versionHashes } from '../../index/version/version-options.ts';

export interface PlanBuild {
  /** The store of the pages and the packs; the version is written to it. */
  readonly objects: ObjectStore;
  readonly jobId: string;
  readonly collection: string;
  /** The model that made the embeddings: a folder or a hub id. */
  readonly model: string;
  /** The result of `planOptions`. It comes over the network, so it is checked here. */
  readonly options: unknown;
}

export interface PlanVersion {
  readonly version: string;
  /** False if the store had a version of the same plan already. */
  readonly built: boolean;
  readonly manifest: Manifest;
}

export type PlanStage = 'read' | BuildStage | 'upload';

/**
 * Build an index version from the objects of a job's plan, and put it into the store. The pointer does
 * not move. A version of the same plan that the store has already is not built again. Where it has
 * none, the same plan gives the same version if hnswlib builds it (below 10,000 vectors).
 *
 * @throws DiptychError invalid_option, index_unreadable (pages or packs are missing or damaged),
 *   model_mismatch, index_too_large, not_found (`from`), store_failed
 */
export async function buildFromPlan(
  { objects, jobId, collection, model, options }: PlanBuild,
  signal?: AbortSignal,
  onProgress: (stage: PlanStage, done: number, total: number) => void = () => {},
): Promise<PlanVersion> {
  const { items, createdAt, from, ...settings } = parsePlanOptions(options);
  const dir = await modelDir(model);
  onProgress('read', 0, items);
  const plan = { jobId, collection, items, model: await identify(dir) };
  const source = await openPlanSource(objects, plan, signal);
  onProgress('read', items, items);
  const hashes = versionHashes(source, { ...settings, collection }, from);
  const known = await findStored(objects, collection, hashes);
  if (known) return { version: known.version, built: false, manifest: known };

  const work = await mkdtemp(join(tmpdir(), 'diptych-build-'));
  try {
    const built = await buildVersion(source, {
      ...{ ...settings, collection, model: dir, signal, onProgress },
      createdAt: new Date(createdAt),
      out: join(work, 'index'),
      from: from === undefined ? undefined : await openStoredVersion(objects, collection, from),
    });
    signal?.throwIfAborted();
    await uploadVersion(objects, await readVersion(built.dir), dir, (done, total) => {
      signal?.throwIfAborted();
      onProgress('upload', done, total);
    });
    return { version: built.manifest.version, built: true, manifest: built.manifest };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function identify(dir: string): Promise<IndexSource['model']> {
  const files = await readModelFiles(dir);
  const { id, embedDim } = describeModel(files);
  return { id, hash: await hashModel(files), embedDim };
}

/** Find a complete version that was built from the same inputs. */
async function findStored(
  objects: ObjectStore,
  collection: string,
  hashes: readonly string[],
): Promise<Manifest | null> {
  const versions = await listVersions(objects, collection);
  const known = versions.find(
    ({ version, about }) => about && isBuiltFrom({ version, ...about }, hashes),
  );
  return known ? (await openStoredVersion(objects, collection, known.version)).manifest : null;
}
