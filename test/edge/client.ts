import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { expect, inject, vi } from 'vitest';
import type { EdgeFixture } from '../setup/edge-fixture-type.ts';
import { createApp } from '../../workers/app.ts';
import type { Env } from '../../workers/env.ts';
import { addManagement } from '../../workers/management.ts';
import { kernels } from '../../workers/vectors/bundled-kernels.ts';
import type { ShardNamespace } from '../../workers/vectors/shard.ts';
import {
  createCollections,
  type CollectionsOptions,
} from '../../workers/collections/collections.ts';
import { serviceScaler } from './service-scaler.ts';

export const fixture: EdgeFixture = inject('edge');
const given = env as unknown as {
  ARTIFACTS: R2Bucket;
  IMAGES_SERVICE: Fetcher;
  SHARDS: ShardNamespace;
  CATALOGUE: D1Database;
};
export const bindings = { ...given, IMAGES: serviceScaler(given.IMAGES_SERVICE) };

/** Talks to an app of its own, which has loaded nothing yet. */
export function createClient(options?: CollectionsOptions, own: Env = bindings) {
  const app = createApp(createCollections(kernels, options));
  addManagement(app);
  async function request(path: string, init?: RequestInit): Promise<Response> {
    const context = createExecutionContext();
    const response = await app.fetch(new Request(`https://edge.test${path}`, init), own, context);
    await waitOnExecutionContext(context);
    return response;
  }
  return {
    /** Methods and paths of the app, `/v1/jobs/:id` for one. */
    routes: app.routes,
    request,
    post: (path: string, body: unknown) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    postForm(path: string, fields: Readonly<Record<string, string | Blob>>) {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) {
        if (typeof value === 'string') body.append(name, value);
        else body.append(name, value, 'upload');
      }
      return request(path, { method: 'POST', body });
    },
  };
}

/** Put the fixture's objects into the bucket. */
export async function fillBucket(bucket: R2Bucket = bindings.ARTIFACTS): Promise<void> {
  for (const [key, base64] of Object.entries(fixture.objects))
    await bucket.put(key, bytesOf(base64));
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function upload(name: string): Blob {
  return new Blob([uploadBytes(name)]);
}

export function uploadBytes(name: string): Uint8Array<ArrayBuffer> {
  const base64 = fixture.uploads[name];
  if (base64 === undefined) throw new Error(`the fixture has no upload ${name}`);
  return bytesOf(base64);
}

/** Status and code of an error answer. */
export async function failureOf(
  response: Response,
): Promise<{ status: number; code: string; message: string }> {
  const { error } = await response.json<{ error: { code: string; message: string } }>();
  return { status: response.status, code: error.code, message: error.message };
}

/**
 * Status and code of an answer about a fault in what is published, with the message of the log. The
 * answer itself tells no key, hash or size.
 */
export async function faultOf(
  send: () => Promise<Response>,
): Promise<{ status: number; code: string; message: string }> {
  const log = vi.spyOn(console, 'log');
  const { status, code, message } = await failureOf(await send());
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as { error?: string });
  log.mockRestore();
  expect(message).toMatch(/^[a-z ]+; the log of its operator says why$/);
  return { status, code, message: lines.findLast(({ error }) => error !== undefined)!.error! };
}
