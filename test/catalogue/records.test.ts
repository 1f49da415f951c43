import { beforeAll, describe, expect, it } from 'vitest';
import {
  createApiKey,
  findApiKey,
  listApiKeys,
  noteApiKeyUse,
  revokeApiKey,
} from '../../src/catalogue/api-keys.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { textHash } from '../../src/catalogue/content-hash.ts';
import { deleteItems } from '../../src/items/delete-items.ts';
import {
  insertEmbeddings,
  embeddedModels,
  findEmbeddings,
  removeEmbeddings,
  removeModelEmbeddings,
  rowsOfPack,
} from '../../src/items/embeddings.ts';
import { placeImages, findImages, imagesOfPack, removeImages } from '../../src/items/images.ts';
import {
  getLabelSet,
  listLabelSets,
  putLabelSet,
  removeLabelSet,
} from '../../src/catalogue/label-sets.ts';
import { hashesInUse } from '../../src/items/hashes-in-use.ts';
import { upsertItems } from '../../src/items/upsert-items.ts';
import {
  addVersion,
  getVersion,
  listVersions,
  setVersionState,
} from '../../src/catalogue/versions.ts';
import { testDatabases } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';

describe.each(testDatabases)('the catalogue (%s)', (_, start) => {
  const databases = useDatabases(start);
  let catalogue: Catalogue;
  let time = 1000;
  beforeAll(async () => {
    catalogue = await databases.open({ now: () => time });
  });

  it('finds images where they were last said to be', async () => {
    const images = Array.from({ length: 250 }, (_, i) => ({
      hash: `h${i}`,
      pack: 'p',
      byteOffset: 5_000_000_000 + 100 * i,
      byteLength: 100,
      type: 'image/png',
    }));
    await placeImages(catalogue, images);
    await placeImages(catalogue, [{ ...images[0], pack: 'other' }]);
    const found = await findImages(catalogue, [...images.map(({ hash }) => hash), 'nowhere']);
    expect(found.size).toBe(250);
    expect(found.get('h0')).toEqual({ ...images[0], pack: 'other', createdAt: time });
    await removeImages(catalogue, ['h0', 'h1']);
    expect((await imagesOfPack(catalogue, 'p')).map(({ hash }) => hash)).toEqual(
      images.slice(2).map(({ hash }) => hash),
    );
  });

  it('tells which images and texts items use that are not deleted', async () => {
    await upsertItems(catalogue, 'used', [
      { id: 'a', title: '', imageHash: 'one', captions: ['x', 'y'] },
      { id: 'b', title: '', imageHash: 'two', captions: ['y'] },
    ]);
    await upsertItems(catalogue, 'used', [{ id: 'b', title: '', imageHash: 'two' }]);
    await upsertItems(catalogue, 'also', [{ id: 'a', title: '', imageHash: 'two' }]);
    const [x, y] = await Promise.all(['x', 'y'].map(textHash));
    expect(await hashesInUse(catalogue, 'image', ['one', 'two', 'six'])).toEqual(
      new Set(['one', 'two']),
    );
    expect(await hashesInUse(catalogue, 'text', [x, y, 'z'])).toEqual(new Set([x, y]));
    await deleteItems(catalogue, 'used', ['a', 'b']);
    expect(await hashesInUse(catalogue, 'image', ['one', 'two'])).toEqual(new Set(['two']));
    expect(await hashesInUse(catalogue, 'text', [x, y])).toEqual(new Set());
  });

  it('keeps embeddings apart by model and kind', async () => {
    const kind = 'image' as const;
    const places = Array.from({ length: 5 }, (_, i) => ({
      ...{ kind, hash: `${i}`, pack: 'p', rowIndex: i },
    }));
    const again = { kind, hash: '0', pack: 'q', rowIndex: 9 };
    const text = { kind: 'text' as const, hash: '0', pack: 'p', rowIndex: 5 };
    await catalogue.atomically([
      ...insertEmbeddings(catalogue, 'm1', [...places, again, text]),
      ...insertEmbeddings(catalogue, 'm2', places),
    ]);
    const hashes = { image: ['0', '4', '7'], text: ['0', '4'] };
    const { image: found, text: texts } = await findEmbeddings(catalogue, 'm1', hashes);
    expect([...texts.keys()]).toEqual(['0']);
    expect([...found]).toEqual([
      ['0', again],
      ['4', places[4]],
    ]);
    expect(await rowsOfPack(catalogue, 'm1', 'p')).toHaveLength(5);
    expect(await embeddedModels(catalogue)).toEqual(['m1', 'm2']);
    await removeEmbeddings(catalogue, 'image', ['0']);
    expect((await findEmbeddings(catalogue, 'm2', { image: ['0', '1'] })).image.size).toBe(1);
    expect((await findEmbeddings(catalogue, 'm1', { text: ['0'] })).text.size).toBe(1);
    await removeModelEmbeddings(catalogue, 'm1');
    expect(await embeddedModels(catalogue)).toEqual(['m2']);
  });

  it('moves a version from state to state, each once', async () => {
    const version = {
      collection: 'c',
      version: 'v1',
      modelHash: 'm',
      jobId: null,
      items: 3,
      captions: 4,
      bytes: 5_000_000_000,
    };
    await addVersion(catalogue, version);
    time = 2000;
    await addVersion(catalogue, { ...version, items: 9 });
    await addVersion(catalogue, { ...version, version: 'v2' });
    const publish = () => setVersionState(catalogue, 'c', 'v1', ['built'], 'published');
    expect((await Promise.all([publish(), publish(), publish()])).filter(Boolean)).toHaveLength(1);
    expect(await getVersion(catalogue, 'c', 'v1')).toEqual({
      ...version,
      state: 'published',
      createdAt: 1000,
      publishedAt: 2000,
    });
    expect((await listVersions(catalogue, 'c')).map(({ version: name }) => name)).toEqual([
      'v2',
      'v1',
    ]);
    expect(await setVersionState(catalogue, 'c', 'v2', ['published'], 'retired')).toBe(false);
  });

  it('keeps label sets by name', async () => {
    await putLabelSet(catalogue, 'animals', ['cat', 'dog 🐕']);
    time = 3000;
    await putLabelSet(catalogue, 'animals', ['cat']);
    await putLabelSet(catalogue, 'Animals', []);
    expect(await getLabelSet(catalogue, 'animals')).toEqual({
      name: 'animals',
      labels: ['cat'],
      createdAt: 2000,
      updatedAt: 3000,
    });
    expect((await listLabelSets(catalogue)).map(({ name }) => name)).toEqual([
      'Animals',
      'animals',
    ]);
    expect(await removeLabelSet(catalogue, 'Animals')).toBe(true);
    expect(await removeLabelSet(catalogue, 'Animals')).toBe(false);
  });

  it('knows an API key by its hash alone, until it is revoked', async () => {
    const { id, key } = await createApiKey(catalogue, 'ci', ['write', 'read']);
    time += 1;
    expect(key).toMatch(/^diptych_[A-Za-z0-9_-]{43}$/);
    expect((await createApiKey(catalogue, 'ci', ['read'])).key).not.toBe(key);
    const found = (await findApiKey(catalogue, key))!;
    expect(found).toMatchObject({ id, name: 'ci', scopes: ['read', 'write'], lastUsedAt: null });
    const other = key.slice(0, -2) + (key.endsWith('AA') ? 'BA' : 'AA');
    expect(await findApiKey(catalogue, other)).toBeUndefined();
    expect(await findApiKey(catalogue, "' or 1=1 --")).toBeUndefined();
    time = 100_000;
    await noteApiKeyUse(catalogue, found);
    time = 110_000;
    await noteApiKeyUse(catalogue, (await findApiKey(catalogue, key))!);
    expect((await findApiKey(catalogue, key))!.lastUsedAt).toBe(100_000);
    const rows = await catalogue.db.selectFrom('apiKeys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(key.slice('diptych_'.length));
    expect(await revokeApiKey(catalogue, id)).toBe(true);
    expect(await revokeApiKey(catalogue, id)).toBe(false);
    expect(await findApiKey(catalogue, key)).toBeUndefined();
    expect(await listApiKeys(catalogue)).toMatchObject([{ id, revokedAt: time }, { name: 'ci' }]);
  });

  it('refuses an API key without a name or a scope', async () => {
    const refusal = { code: 'bad_request' };
    await expect(createApiKey(catalogue, ' ', ['read'])).rejects.toMatchObject(refusal);
    await expect(createApiKey(catalogue, 'x', [])).rejects.toMatchObject(refusal);
  });
});
