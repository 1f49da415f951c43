import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClassifyResponse, SearchResponse } from '../../src/http/api.ts';
import { itemsFile, versionKey } from '../../src/version/keys.ts';
import { readItemTable } from '../../src/version/tables/item-table.ts';
import type { Shard, ShardNamespace } from '../../workers/vectors/shard.ts';
import { bindings, createClient, failureOf, fillBucket, fixture } from './client.ts';
import { publishCopy, readManifest } from './versions.ts';

const collection = 'sharded';
const lost = 2;
/** Items of the lost shard, and one of them. */
let lostItems: Set<string>;

beforeAll(async () => {
  await fillBucket();
  const { first, count } = (await readManifest(collection)).shards![lost]!.image;
  const key = versionKey(collection, fixture.shardedVersion, itemsFile);
  const object = await bindings.ARTIFACTS.get(key);
  const { ids } = readItemTable(new Uint8Array(await object!.arrayBuffer()));
  lostItems = new Set(ids.all().slice(first, first + count));
});
beforeEach(() => fillBucket());

type Client = ReturnType<typeof createClient>;

async function search(client: Client, query: object): Promise<SearchResponse> {
  const response = await client.post('/v1/search', { limit: 16, collection, ...query });
  expect(response.status).toBe(200);
  return response.json<SearchResponse>();
}

/** Publish a version whose third shard is gone. */
function publishLost(version: string): Promise<void> {
  const key = versionKey(collection, version, `shards/${lost}/image.bin`);
  return publishCopy(version, () => bindings.ARTIFACTS.delete(key), collection);
}

/** Bindings with other shards. */
function withShards(stand: (name: string) => Shard) {
  const SHARDS: ShardNamespace = { getByName: stand };
  return { ...bindings, SHARDS };
}

/** Shards that answer every question in the same way. */
const alike = (answer: () => Promise<unknown>) => new Proxy({} as Shard, { get: () => answer });
const silent = alike(() => new Promise(() => {}));
const broken = alike(() => Promise.reject(new Error('gone')));
const prompt = alike(async () => ({
  value: {
    ids: Uint32Array.of(0),
    scores: Float32Array.of(0.5),
    exhaustive: true,
    efSearch: 16,
  },
}));

/** Waits for shards however busy the machine is. */
const patient = { shardMs: 60_000, shardLoadMs: 60_000 };

describe('a collection in 4 shards', () => {
  it.each([
    { text: 'birthday cake' },
    { text: 'gato', mode: 'vector' },
    { text: 'party', mode: 'keyword' },
    { id: 'round:dog' },
    { vector: Array.from({ length: 32 }, (_, i) => Math.sin(i + 1)) },
    { text: 'dog', target: 'caption', limit: 8 },
  ])('finds for %j what one index finds', async (query) => {
    const client = createClient(patient);
    const whole = await search(client, { ...query, collection: 'pictograms' });
    const parts = await search(client, query);
    const { matches, partial, effort } = parts;
    expect(matches.map(({ id }) => id)).toEqual(whole.matches.map(({ id }) => id));
    matches.forEach(({ score, probability }, i) => {
      expect(score).toBeCloseTo(whole.matches[i]!.score, 2);
      expect(probability).toBeCloseTo(whole.matches[i]!.probability, 2);
    });
    expect(partial).toBeUndefined();
    expect(effort).toEqual(whole.effort);
    expect(parts.index.version).toBe(fixture.shardedVersion);
  });

  it('classifies by all captions', async () => {
    const request = { text: 'cat face', labelSet: 'captions', limit: 3 };
    const client = createClient(patient);
    const [parts, whole] = await Promise.all(
      [collection, 'pictograms'].map(async (name) => {
        const response = await client.post('/v1/classify', { ...request, collection: name });
        return response.json<ClassifyResponse>();
      }),
    );
    expect(parts!.labels.map(({ label }) => label)).toEqual(
      whole!.labels.map(({ label }) => label),
    );
  });

  it('tells a bad question from a bad shard', async () => {
    const vector = [1e300, ...Array<number>(31).fill(0)];
    const response = await createClient(patient).post('/v1/search', { collection, vector });
    expect(await failureOf(response)).toMatchObject({ status: 400, code: 'bad_request' });
  });
});

describe('a shard that is lost', () => {
  it('is missing from an answer, which says that it is partial', async () => {
    await publishLost('lost');
    const client = createClient(patient);
    const text = 'birthday cake';
    const whole = await search(client, { text, mode: 'vector', collection: 'pictograms' });
    const answer = await search(client, { text, mode: 'vector' });
    expect(answer.partial).toEqual({ shards: 4, answered: 3 });
    expect(answer.matches.map(({ id }) => id)).toEqual(
      whole.matches.map(({ id }) => id).filter((id) => !lostItems.has(id)),
    );
  });

  it('is found by words, and cannot be a query', async () => {
    await publishLost('lost-words');
    const client = createClient(patient);
    const [id = ''] = lostItems;
    const text = id.replace(/^.*:/, '').replaceAll('-', ' ');
    for (const mode of ['hybrid', 'keyword']) {
      const { matches, partial } = await search(client, { text, mode });
      expect(matches.map((match) => match.id)).toContain(id);
      expect(partial).toEqual({ shards: 4, answered: 3 });
    }
    const failure = await failureOf(await client.post('/v1/search', { collection, id }));
    expect(failure).toMatchObject({ status: 503, code: 'shard_unavailable' });
  });

  it('is not waited for beyond the deadline', async () => {
    const env = withShards((name) => (name.endsWith(`/${lost}`) ? silent : prompt));
    const client = createClient({ shardMs: 20, shardLoadMs: 20 }, env);
    const { matches, partial } = await search(client, { text: 'dog', mode: 'vector' });
    expect(partial).toEqual({ shards: 4, answered: 3 });
    expect(matches.map(({ score }) => score)).toEqual([0.5, 0.5, 0.5]);
  });

  it('is an error when it is the last', async () => {
    const client = createClient(
      {},
      withShards(() => broken),
    );
    const failure = await failureOf(await client.post('/v1/search', { collection, text: 'dog' }));
    expect(failure).toMatchObject({ status: 503, code: 'shard_unavailable' });
    const { SHARDS: _, ...without } = bindings;
    const other = createClient({}, without);
    expect((await other.post('/v1/search', { collection, text: 'dog' })).status).toBe(503);
  });
});

describe('a new version in shards', () => {
  const ask = async (client: Client) => {
    const { index, partial } = await search(client, { text: 'dog' });
    return { version: index.version, partial };
  };

  it('takes over under load without a failed or partial answer', async () => {
    const client = createClient({ ...patient, pointerMs: 0 });
    await ask(client);
    const asking = Array.from({ length: 10 }, () => ask(client));
    await publishCopy('next', undefined, collection);
    asking.push(...Array.from({ length: 20 }, () => ask(client)));
    const answers = await Promise.all(asking);
    expect(answers.filter(({ partial }) => partial)).toEqual([]);
    const known = [fixture.shardedVersion, 'next'];
    expect(answers.filter(({ version }) => !known.includes(version))).toEqual([]);
    expect(await ask(client)).toEqual({ version: 'next', partial: undefined });
  });

  it('that lacks a shard leaves the old one answering', async () => {
    const client = createClient({ ...patient, pointerMs: 0 });
    const before = await ask(client);
    await publishLost('lost-next');
    for (let i = 0; i < 3; i++) expect(await ask(client)).toEqual(before);
  });
});
