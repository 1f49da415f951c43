import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import {
  captionsResponseSchema,
  classifyResponseSchema,
  errorResponseSchema,
  searchResponseSchema,
} from '../../src/http/api.ts';
import { adminEnv, adminToken, migrateCatalogue } from './admin.ts';
import { anyRequest, type AnyRequest } from './arbitrary-request.ts';
import { createClient, fillBucket, fixture } from './client.ts';

const client = createClient({}, adminEnv);

beforeAll(async () => {
  await migrateCatalogue();
  await fillBucket();
  // The embedder, which is asked for its model when a job starts.
  vi.stubGlobal('fetch', async () => Response.json({ model: { id: 'm', hash: 'h', embedDim: 4 } }));
  return () => vi.unstubAllGlobals();
});

function send({ method, path, type, body, hasKey }: AnyRequest): Promise<Response> {
  const headers = new Headers(type ? { 'content-type': type } : {});
  if (hasKey) headers.set('authorization', `Bearer ${adminToken}`);
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return client.request(path, { method, headers, body: hasBody ? body : undefined });
}

/** Check the answer to a refused request: the documented shape, and nothing that a browser runs. */
function checkRefusal(response: Response, answer: string): void {
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  errorResponseSchema.strict().parse(JSON.parse(answer));
  expect(answer).not.toContain('<');
}

/** Check the answers to what anyone may ask, by their routes. */
const checks: Readonly<Record<string, (answer: unknown) => void>> = {
  '/v1/search': (answer) => {
    const { count, matches } = searchResponseSchema.parse(answer);
    expect(matches).toHaveLength(count);
    const scores = matches.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  },
  '/v1/captions': (answer) => {
    const { count, captions } = captionsResponseSchema.parse(answer);
    expect(captions).toHaveLength(count);
  },
  '/v1/classify': (answer) => {
    const { labels } = classifyResponseSchema.parse(answer);
    expect(labels.reduce((sum, { probability }) => sum + probability, 0)).toBeLessThan(1.001);
  },
};

it('answers 2,000 generated requests over every route as documented, none with a 5xx', async () => {
  const answered = new Set<string>();
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(anyRequest(client.routes, fixture), async (request) => {
      const response = await send(request);
      const { status } = response;
      const answer = await response.arrayBuffer();
      expect(status).toBeLessThan(500);
      if (status < 400) passed += 1;
      if (request.method === 'HEAD') return;
      const text = new TextDecoder().decode(answer);
      if (status >= 400) checkRefusal(response, text);
      const [route = ''] = request.path.split('?');
      if (status === 200 && checks[route]) {
        checks[route](JSON.parse(text));
        answered.add(route);
      }
    }),
    { numRuns: 2000, seed: 15 },
  );
  // Were nearly all of them refused, or one route whole, the test would say little.
  expect(passed).toBeGreaterThan(500);
  expect([...answered].sort()).toEqual(Object.keys(checks).sort());
}, 120_000);
