import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SearchResponse } from '../../src/http/api.ts';
import { createClient, fillBucket, fixture } from './client.ts';
import {
  countReads,
  damageObject,
  keyOf,
  publishCopy,
  readManifest,
  watchReads,
} from './versions.ts';

type Client = ReturnType<typeof createClient>;

beforeEach(() => fillBucket());
afterEach(() => vi.useRealTimers());

/** Search, and tell the version that answered or the status of the failure. */
async function ask(client: Client): Promise<string | number> {
  const response = await client.post('/v1/search', { text: 'dog', limit: 1 });
  const body = await response.json<SearchResponse>();
  return response.ok ? body.index.version : response.status;
}

/** Bindings whose reads of one object wait until they are let through. */
function hold(key: string) {
  let reached = () => {};
  let release = () => {};
  const isReached = new Promise<void>((resolve) => (reached = resolve));
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  const env = watchReads((read) => {
    if (read !== key) return undefined;
    reached();
    return isReleased;
  });
  return { env, isReached, release };
}

describe('a new version', () => {
  it('is loaded beside the old one, which answers meanwhile', async () => {
    const { env, isReached, release } = hold(keyOf('image.bin', 'new'));
    const client = createClient({ pointerMs: 0 }, env);
    expect(await ask(client)).toBe(fixture.version);
    await publishCopy('new');
    const first = ask(client);
    await isReached;
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => ask(client)));
    expect(new Set(meanwhile)).toEqual(new Set([fixture.version]));
    release();
    expect(await first).toBe(fixture.version);
    expect(await ask(client)).toBe('new');
  });

  it('replaces the old one if both do not fit in memory; requests wait', async () => {
    const { env, isReached, release } = hold(keyOf('image.bin', 'new'));
    const budgetBytes = (await readManifest()).memory.total;
    const client = createClient({ pointerMs: 0, budgetBytes }, env);
    expect(await ask(client)).toBe(fixture.version);
    await publishCopy('new');
    const first = ask(client);
    await isReached;
    const waiting = Promise.all(Array.from({ length: 20 }, () => ask(client)));
    release();
    expect(await first).toBe(fixture.version);
    expect(new Set(await waiting)).toEqual(new Set(['new']));
  });

  it('that is damaged leaves the old one answering, and is tried again after a while', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const pointerMs = 1000;
    const { reads, env } = countReads();
    const client = createClient({ pointerMs }, env);
    const later = () => vi.setSystemTime(Date.now() + pointerMs);
    expect(await ask(client)).toBe(fixture.version);

    const image = keyOf('image.bin', 'damaged');
    await publishCopy('damaged', () => damageObject(image));
    later();
    for (let i = 0; i < 5; i++) expect(await ask(client)).toBe(fixture.version);
    expect(reads.get(image)).toBe(1);
    later();
    expect(await ask(client)).toBe(fixture.version);
    expect(reads.get(image)).toBe(2);

    await publishCopy('good');
    later();
    expect([await ask(client), await ask(client)]).toEqual([fixture.version, 'good']);
  });

  it('that is damaged gives way to the old one if both do not fit in memory', async () => {
    const budgetBytes = (await readManifest()).memory.total;
    const client = createClient({ pointerMs: 0, budgetBytes });
    expect(await ask(client)).toBe(fixture.version);
    await publishCopy('damaged', () => damageObject(keyOf('image.bin', 'damaged')));
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(client)));
    expect(new Set(answers)).toEqual(new Set([fixture.version]));
  });
});
