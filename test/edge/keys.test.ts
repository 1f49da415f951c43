import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApiKey, type ApiKeyScope } from '../../src/catalogue/api-keys.ts';
import { createApp } from '../../workers/app.ts';
import { createCollections } from '../../workers/collections/collections.ts';
import { kernels } from '../../workers/vectors/bundled-kernels.ts';
import { adminEnv, adminToken, catalogue, migrateCatalogue } from './admin.ts';
import { createClient, failureOf } from './client.ts';

const client = createClient({}, adminEnv);

/** Handlers of the app; middleware has the method ALL or a route's own path beside its handler. */
const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const isPublic = new Set(createApp(createCollections(kernels)).routes.map(nameOf));
const management = [...new Set(client.routes.map(nameOf))].filter((name) => !isPublic.has(name));

/** The scope that each route wants. A new route fails this test until its scope is written here. */
const scopes: Readonly<Record<string, ApiKeyScope>> = {
  'GET /v1/objects': 'admin',
  'GET /v1/objects/*': 'admin',
  'PUT /v1/objects/*': 'admin',
  'POST /v1/objects/*': 'admin',
  'DELETE /v1/objects/*': 'admin',
  'POST /v1/collections/:collection/items': 'write',
  'POST /v1/uploads': 'write',
  'PUT /v1/uploads/:id': 'write',
  'GET /v1/collections/:collection/items': 'read',
  'POST /v1/collections/:collection/items/delete': 'write',
  'DELETE /v1/collections/:collection/items/:id': 'write',
  'POST /v1/collections/:collection/reindex': 'write',
  'GET /v1/collections/:collection/jobs': 'read',
  'GET /v1/jobs/:id': 'read',
  'GET /v1/jobs/:id/events': 'read',
  'GET /v1/jobs/:id/report': 'read',
  'POST /v1/jobs/:id/cancel': 'write',
  'GET /v1/label-sets': 'read',
  'GET /v1/label-sets/:name': 'read',
  'PUT /v1/label-sets/:name': 'write',
  'DELETE /v1/label-sets/:name': 'write',
};

const keys = new Map<ApiKeyScope, string>();

beforeAll(async () => {
  await migrateCatalogue();
  for (const scope of ['read', 'write', 'admin'] as const) {
    keys.set(scope, (await createApiKey(catalogue, scope, [scope])).key);
  }
  vi.stubGlobal('fetch', async () => Response.json({ model: { id: 'm', hash: 'h', embedDim: 4 } }));
});
afterAll(() => vi.unstubAllGlobals());

function ask(route: string, key?: string): Promise<Response> {
  const [method, pattern = ''] = route.split(' ');
  const path = pattern.replace('*', 'a').replace(':collection', 'birds').replace(/:\w+/, 'x');
  const headers: HeadersInit = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return client.request(path, { method, headers });
}

it('names the scope of each route of management', () => {
  expect(management.filter((name) => !name.startsWith('ALL ')).sort()).toEqual(
    Object.keys(scopes).sort(),
  );
});

describe.each(Object.entries(scopes))('%s', (route, scope) => {
  it.each([
    ['no key', undefined],
    ['a wrong one', 'x'.repeat(43)],
    ['the start of the right one', adminToken.slice(0, -1)],
  ])('is refused with %s', async (_, key) => {
    expect(await failureOf(await ask(route, key))).toMatchObject({ status: 401 });
  });

  it(`wants the scope ${scope}`, async () => {
    for (const [own, key] of keys) {
      const { status } = await ask(route, key);
      if (own === scope || own === 'admin') expect([401, 403]).not.toContain(status);
      else expect(status, own).toBe(403);
    }
  });
});

it.each([
  '/v1/./objects',
  '/v1//objects',
  '//v1/objects',
  '/v1/%6fbjects',
  '/v1/objects/',
  '/v1/x/../objects',
  '/V1/OBJECTS',
  '/v1/objects%2f',
  '/v1/objects?x=/healthz',
  '/v1/objects/..%2f..%2fhealthz',
])('no other spelling of a path gets past its key: %s', async (path) => {
  for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']) {
    const { status } = await client.request(path, { method });
    expect([401, 404], method).toContain(status);
  }
});
