import { beforeAll, describe, expect, it } from 'vitest';
import { searchResponseSchema, type SearchResponse } from '../../src/http/api.ts';
import { activeKey, versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { vectorNames } from '../../src/vectorize/vector-names.ts';
import { kernels } from '../../workers/vectors/bundled-kernels.ts';
import { createCollections } from '../../workers/collections/collections.ts';
import type { VectorizeBinding } from '../../workers/vectors/vectorize-binding.ts';
import { createVectorizeStandIn } from '../support/vectorize-stand-in.ts';
import {
  bindings,
  createClient,
  failureOf,
  faultOf,
  fillBucket,
  fixture,
  upload,
} from './client.ts';
import { keyOf, readManifest } from './versions.ts';

/** Let the compiler check that the binding of a worker has the methods that a search calls. */
export const asBinding = (index: Vectorize): VectorizeBinding => index;

const { ARTIFACTS: bucket } = bindings;
const version = '20260127-0123456789ab';
const cloudKey = (file: string) => versionKey('cloud', version, file);
const index = createVectorizeStandIn({ dimensions: 32 });
const client = createClient({}, { ...bindings, VECTORIZE: index });

beforeAll(async () => {
  await fillBucket();
  await publishCloud(await readManifest());
});

/** Publish the pictograms of the fixture once more, with their vectors in Vectorize. */
async function publishCloud(manifest: Manifest): Promise<void> {
  for (const name of ['items.table', 'captions.table', 'keywords.json', 'previews.bin']) {
    await bucket.put(cloudKey(name), await (await bucket.get(keyOf(name)))!.arrayBuffer());
  }
  const graph = { M: null, efConstruction: null, quantisation: null };
  const unmeasured = { ...graph, efSearch: 100, annRecallAt10: null, effort: [] };
  const cloud: Manifest = {
    ...{ ...manifest, collection: 'cloud', version, vectors: 'vectorize' },
    image: { ...manifest.image, ...unmeasured },
    caption: { ...manifest.caption, ...unmeasured },
  };
  await bucket.put(cloudKey('manifest.json'), JSON.stringify(cloud));
  await bucket.put(activeKey('cloud'), JSON.stringify({ version }));
  const { images, captions } = await createCollections(kernels).open(
    bindings,
    'pictograms',
    () => {},
  );
  for (const [kind, vectors] of [
    ['image', images],
    ['caption', captions],
  ] as const) {
    const { count } = manifest[kind];
    const { namespace, id } = vectorNames(version, kind, count);
    for (let i = 0; i < count; i++) {
      await index.upsert([{ id: id(i), namespace, values: [...(await vectors.vector(i))] }]);
    }
  }
}

async function search(body: object): Promise<SearchResponse> {
  const response = await client.post('/v1/search', body);
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return searchResponseSchema.parse(answer);
}

describe('a collection whose vectors are in Vectorize', () => {
  it.each([
    ['words', { text: 'birthday cake' }],
    ['words by vector alone', { text: 'dog', mode: 'vector' }],
    ['words alone', { text: 'party', mode: 'keyword' }],
    ['an item', { id: 'round:dog' }],
    ['a vector', { vector: fixture.onnx.textEmbedding }],
    ['captions', { text: 'airplane', target: 'caption' }],
  ])('finds by %s what it finds in the isolate', async (_name, body) => {
    const local = await search({ ...body, limit: 16 });
    const remote = await search({ ...body, limit: 16, collection: 'cloud' });
    expect(remote.index).toMatchObject({ collection: 'cloud', version });
    expect(remote.mode).toBe(local.mode);
    expect(remote.matches.map(({ id }) => id)).toEqual(local.matches.map(({ id }) => id));
    remote.matches.forEach(({ score }, i) => expect(score).toBeCloseTo(local.matches[i]!.score, 3));
  });

  it('says that it is searched approximately, with a recall that nobody measured', async () => {
    const { effort } = await search({ text: 'dog', collection: 'cloud' });
    expect(effort).toEqual({ approximate: true, efSearch: 16, annRecallAt10: null });
    expect((await search({ text: 'dog', mode: 'keyword', collection: 'cloud' })).effort).toBeNull();
  });

  it('finds by an uploaded image, describes it and classifies it', async () => {
    const fields = { collection: 'cloud', image: upload('square.png') };
    const found = await client.postForm('/v1/search', fields);
    expect((await found.json<SearchResponse>()).count).toBe(16);
    const described = await client.postForm('/v1/captions', fields);
    expect((await described.json<{ count: number }>()).count).toBe(5);
    const classified = await client.postForm('/v1/classify', { ...fields, labelSet: 'captions' });
    expect((await classified.json<{ count: number }>()).count).toBe(8);
  });

  it('shows items without asking for vectors', async () => {
    index.calls.length = 0;
    const fresh = createClient();
    expect((await fresh.request('/v1/collections/cloud/items/round:dog')).status).toBe(200);
    expect(index.calls).toEqual([]);
  });
});

describe('where Vectorize does not answer', () => {
  it('the answer says so, and the next one is sound', async () => {
    index.fail(new Error('VECTOR_QUERY_ERROR (code = 40041): Too Many Requests'));
    const query = { text: 'dog', mode: 'vector', collection: 'cloud' };
    expect(await failureOf(await client.post('/v1/search', query))).toEqual({
      status: 502,
      code: 'vectorize_failed',
      message: 'Vectorize: query failed with code 40041',
    });
    expect((await client.post('/v1/search', query)).status).toBe(200);
  });

  it('a worker without the binding names it', async () => {
    const send = () => createClient().post('/v1/search', { text: 'dog', collection: 'cloud' });
    const { status, code, message } = await faultOf(send);
    expect({ status, code }).toEqual({ status: 500, code: 'index_unreadable' });
    expect(message).toContain('expected the binding VECTORIZE, got none');
  });

  it('an index of another dimension is told', async () => {
    const VECTORIZE = createVectorizeStandIn({ dimensions: 768 });
    const other = createClient({}, { ...bindings, VECTORIZE });
    const send = () => other.post('/v1/search', { text: 'dog', collection: 'cloud' });
    expect((await faultOf(send)).message).toContain(
      'expected a Vectorize index of 32 dimensions, got 768',
    );
  });
});
