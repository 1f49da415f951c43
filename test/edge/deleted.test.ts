import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  CaptionsResponse,
  CollectionInfo,
  CollectionsResponse,
  SearchResponse,
} from '../../src/http/api.ts';
import { deletedKey } from '../../src/version/keys.ts';
import { bindings, createClient, failureOf, fillBucket, fixture, upload } from './client.ts';

const key = deletedKey('pictograms');

beforeEach(() => fillBucket());
afterEach(() => bindings.ARTIFACTS.delete(key));

const hide = (ids: readonly string[]) => bindings.ARTIFACTS.put(key, JSON.stringify({ ids }));

type Client = ReturnType<typeof createClient>;

async function idsOf(client: Client, query: object): Promise<string[]> {
  const response = await client.post('/v1/search', { limit: 100, ...query });
  expect(response.status).toBe(200);
  return (await response.json<SearchResponse>()).matches.map(({ id }) => id);
}

describe('a deleted item', () => {
  it.each(['vector', 'keyword', 'hybrid'])('is in no answer of mode %s', async (mode) => {
    const client = createClient({ pointerMs: 0 });
    const query = { text: 'dog', mode };
    const [first = '', ...rest] = await idsOf(client, query);
    await hide([first]);
    expect(await idsOf(client, query)).toEqual(rest);
    await bindings.ARTIFACTS.delete(key);
    expect(await idsOf(client, query)).toEqual([first, ...rest]);
  });

  it('is not found, and is no query', async () => {
    const client = createClient({ pointerMs: 0 });
    const [id = ''] = await idsOf(client, { text: 'dog' });
    await hide([id]);
    for (const path of [id, `${id}/image`]) {
      const response = await client.request(`/v1/collections/pictograms/items/${path}`);
      expect(await failureOf(response)).toMatchObject({ status: 404, code: 'unknown_item' });
    }
    const response = await client.post('/v1/search', { id });
    expect(await failureOf(response)).toMatchObject({ status: 404, code: 'unknown_item' });
  });

  it('takes its captions with it, unless they describe another', async () => {
    const client = createClient({ pointerMs: 0 });
    const ask = async () => {
      const [name = ''] = Object.keys(fixture.uploads);
      const response = await client.postForm('/v1/captions', { image: upload(name), limit: '5' });
      return (await response.json<CaptionsResponse>()).captions;
    };
    const best = (await ask())[0]!;
    await hide(best.items.slice(1));
    expect((await ask())[0]).toMatchObject({ text: best.text, items: best.items.slice(0, 1) });
    await hide(best.items);
    expect((await ask()).map(({ text }) => text)).not.toContain(best.text);
  });

  it('is not counted, nor are its captions', async () => {
    const client = createClient({ pointerMs: 0 });
    const counts = async () => {
      const [list, one] = await Promise.all(
        ['', '/pictograms'].map((path) => client.request(`/v1/collections${path}`)),
      );
      const { collections } = await list!.json<CollectionsResponse>();
      const described = await one!.json<CollectionInfo>();
      expect(collections.find(({ name }) => name === 'pictograms')).toEqual(described);
      return { items: described.items, captions: described.captions };
    };
    const all = await counts();
    const { captions } = await (
      await client.postForm('/v1/captions', { image: upload('square.png'), limit: '1' })
    ).json<CaptionsResponse>();
    const [first = '', ...others] = captions[0]!.items;
    await hide([first, 'added-and-deleted-since']);
    expect(await counts()).toEqual({ items: all.items - 1, captions: all.captions });
    await hide([first, ...others]);
    expect(await counts()).toEqual({
      items: all.items - 1 - others.length,
      captions: all.captions - 1,
    });
  });

  it('stays hidden where the list cannot be read any more', async () => {
    const client = createClient({ pointerMs: 0 });
    const [id = '', ...rest] = await idsOf(client, { text: 'dog' });
    await hide([id]);
    expect(await idsOf(client, { text: 'dog' })).toEqual(rest);
    await bindings.ARTIFACTS.put(key, '{"ids": 7}');
    expect(await idsOf(client, { text: 'dog' })).toEqual(rest);
  });
});
