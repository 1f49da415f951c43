import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CollectResult } from '../../../gpu-embedder/operate/garbage/collect-garbage.ts';
import type { StoredVersion } from '../../../gpu-embedder/operate/publish/list-versions.ts';
import type { RemoveResult } from '../../../gpu-embedder/operate/publish/remove-version.ts';
import { publishVersion } from '../../../gpu-embedder/operate/publish/publish-version.ts';
import { folderStore } from '../../../gpu-embedder/operate/store/folder-store.ts';
import { versionKey } from '../../../src/version/keys.ts';
import { readPointer, movePointer } from '../../../src/version/move-pointer.ts';
import { cloudManifest } from '../../vectorize/cloud-manifest.ts';
import { runDiptych } from '../../cli/run-diptych.ts';
import { writeTinyVersion } from '../../setup/tiny-version.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { versionIds } from './stored-versions.ts';

/** Names that `diptych index` accepted before there was one rule for them. */
const oldNames = [`old-${'x'.repeat(80)}`, '_old', 'an old name'];
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-old-names-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

it.each(oldNames)('versions of %s are listed, removed and collected', async (collection) => {
  const store = folderStore(root);
  const aged = { dim: 2, image: new Float32Array(2), collection };
  for (const version of versionIds.slice(0, 3)) {
    const manifest = { ...cloudManifest({ ...aged, version }), collection, vectors: 'isolate' };
    const key = versionKey(collection, version, 'manifest.json');
    await store.put(key, Buffer.from(JSON.stringify(manifest)));
    await movePointer(store, await readPointer(store, collection), version);
  }
  const versions = async <T>(...args: string[]): Promise<T> => {
    const flags = ['--collection', collection, '--store', root, '--json'];
    const { code, stdout, stderr } = await runDiptych('versions', ...args, ...flags);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as T;
  };
  expect(await versions<StoredVersion[]>('list')).toMatchObject([
    { version: versionIds[2], state: 'active' },
    { version: versionIds[1] },
    { version: versionIds[0] },
  ]);
  const removed = await versions<RemoveResult>('remove', versionIds[0], '--grace', '0');
  expect(removed).toMatchObject({ collection, version: versionIds[0] });
  const collected = await versions<CollectResult>('collect', '--keep', '1', '--grace', '0');
  expect(collected.removed.map(({ what }) => what)).toEqual([versionIds[1]]);
  expect(await versions<StoredVersion[]>('list')).toHaveLength(1);
});

it('a version with such a name is not published any more', async () => {
  const store = memoryStore();
  const { index, model } = await writeTinyVersion(join(root, 'tiny'), oldNames[0]);
  await expect(publishVersion(store, index, model)).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining('listed and removed with diptych versions'),
  });
  expect(store.objects.size).toBe(0);
}, 60_000);
