import { beforeAll, describe, expect, it } from 'vitest';
import { adminEnv, adminToken, migrateCatalogue } from './admin.ts';
import { createClient, failureOf } from './client.ts';

const client = createClient({}, adminEnv);
beforeAll(() => migrateCatalogue());

const send = (path: string, body?: object) =>
  client.request(path, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });

interface Page {
  items: { id: string; captions: string[]; tags: string[]; metadata: unknown }[];
  next: string | null;
}

/** Send a batch to a collection, and read the collection page by page. */
async function stored(collection: string, items: readonly object[]): Promise<Page['items']> {
  const path = `/v1/collections/${collection}/items`;
  const answer = await (await send(path, { items })).json<{ counts: object }>();
  expect(answer.counts).toEqual({ created: items.length });
  const found: Page['items'] = [];
  for (let after: string | null = ''; after !== null;) {
    const query = after && `&after=${encodeURIComponent(after)}`;
    const page: Page = await (await send(`${path}?limit=500${query}`)).json<Page>();
    found.push(...page.items);
    after = page.next;
  }
  return found;
}

const numbered = (count: number, text: string) =>
  Array.from({ length: count }, (_, i) => `${i}`.padStart(4, '0') + text);

describe('the largest that D1 is given in one request', () => {
  it('60 items with 100,000 characters of metadata', async () => {
    const metadata = { text: 'y'.repeat(99_980) };
    const ids = numbered(60, '');
    const found = await stored(
      'long',
      ids.map((id) => ({ id, metadata })),
    );
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(found.every((item) => JSON.stringify(item.metadata) === JSON.stringify(metadata))).toBe(
      true,
    );
  });

  it('metadata, captions and tags of three bytes a character', async () => {
    const item = {
      id: 'wide',
      metadata: { text: '犬'.repeat(99_980) },
      captions: numbered(150, '犬'.repeat(3000)),
      tags: numbered(1000, '犬'.repeat(250)),
    };
    expect(await stored('wide', [item])).toMatchObject([item]);
  });

  it('1,000 ids of 255 characters, written, listed and deleted', async () => {
    const ids = numbered(1000, '犬'.repeat(251));
    const found = await stored(
      'many',
      ids.map((id) => ({ id })),
    );
    expect(found.map(({ id }) => id)).toEqual(ids);
    const answer = await send('/v1/collections/many/items/delete', { ids });
    const { results } = await answer.json<{ results: { status: string }[] }>();
    expect(results.map(({ status }) => status)).toEqual(ids.map(() => 'deleted'));
  });

  it('1,001 items or ids are refused, and none is taken', async () => {
    const ids = numbered(1001, '');
    const items = ids.map((id) => ({ id }));
    for (const [path, body] of [
      ['items', { items }],
      ['items/delete', { ids }],
    ] as const) {
      const answer = await send(`/v1/collections/many/${path}`, body);
      expect((await failureOf(answer)).status).toBeOneOf([400, 413]);
    }
  });
});

it.each(["'; DROP TABLE items;--", '%', '_', '" OR 1=1 --', '\\', '*'])(
  'a filter is taken literally: %s',
  async (text) => {
    await send('/v1/collections/literal/items', {
      items: [{ id: 'one', set: 'pets', label: 'dog' }],
    });
    for (const name of ['set', 'label', 'idPrefix']) {
      const query = new URLSearchParams({ [name]: text });
      const answer = await send(`/v1/collections/literal/items?${query.toString()}`);
      expect(await answer.json(), name).toMatchObject({ items: [] });
    }
    const all = await send('/v1/collections/literal/items');
    expect(await all.json()).toMatchObject({ items: [{ id: 'one' }] });
  },
);
