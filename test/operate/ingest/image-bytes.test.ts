import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { httpTarget } from '../../../gpu-embedder/operate/ingest/http-target.ts';
import { ingestSource } from '../../../gpu-embedder/operate/ingest/ingest-source.ts';
import type { Source } from '../../../gpu-embedder/data/readers/source.ts';
import { collection, openFixture } from '../../jobs/job-fixture.ts';
import { startD1 } from '../../support/catalogues.ts';
import { useDatabases } from '../../support/use-databases.ts';

const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><title>one</title></svg>');
const base64 = bytes.toString('base64');
const item = { id: 'one', captions: ['first'], tags: [] };

const source: Source = {
  kind: 'folder',
  names: ['pictures'],
  key: 'pictures',
  progress: { label: 'ingest', total: 1 },
  async *entries() {
    yield { ...item, where: 'one.svg', image: { bytes } };
  },
};

const databases = useDatabases(startD1);

test('an image comes as bytes in this process, and is the same item as with base64', async () => {
  const { ingest, objects } = await openFixture(await databases.open());
  const { created, failed } = await ingestSource(source, ingest, 0);
  expect({ created, failed }).toEqual({ created: 1, failed: {} });
  const [pack] = objects.objects.values();
  expect(Buffer.from(pack.bytes).equals(bytes)).toBe(true);
  expect(await ingest([{ ...item, image: { base64 } }])).toEqual([
    { id: 'one', status: 'unchanged' },
  ]);
});

test('what JSON makes of bytes is refused', async () => {
  const { ingest } = await openFixture(await databases.open());
  const sent = JSON.parse(JSON.stringify({ ...item, image: { bytes: new Uint8Array(bytes) } }));
  expect(await ingest([sent as object])).toMatchObject([
    { id: 'one', status: 'failed', error: { code: 'bad_request' } },
  ]);
});

test('an image goes to a worker as base64', async () => {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      bodies.push(body);
      response.end(JSON.stringify({ results: [{ id: 'one', status: 'created' }] }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { created } = await ingestSource(source, httpTarget(url, 'key', collection), 0);
    expect(created).toBe(1);
    // What the source does not have is null, so that the collection loses it too.
    const lacks = { label: null, set: null, title: null };
    expect(bodies).toEqual([{ items: [{ ...item, ...lacks, image: { base64 } }] }]);
  } finally {
    server.close();
  }
});
