import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ingestItems } from '../../src/items/ingest/ingest-items.ts';
import { createImageFetcher } from '../../src/items/ingest/allowed-urls.ts';
import { startD1 } from '../support/catalogues.ts';
import { useDatabases } from '../support/use-databases.ts';
import { memoryStore } from '../support/memory-store.ts';

/** A GIF without frames. */
const gif = Buffer.from([...Buffer.from('GIF89a'), 2, 0, 3, 0, 0, 0, 0]);

/** A host that does at each path what hosts do. */
const behaviour: Record<string, RequestListener> = {
  '/ok/good': (_, res) => res.end(gif),
  '/ok/moved': (_, res) => res.writeHead(302, { location: '/ok/good' }).end(),
  '/ok/reset': (_, res) => {
    res.writeHead(200, { 'content-length': 1000 });
    res.write('GIF89a', () => res.destroy());
  },
  '/ok/early': (_, res) => {
    res.write('GIF89a', () => res.destroy());
  },
  '/ok/drips': (_, res) => {
    res.write('GIF89a');
  },
  '/ok/silent': () => {},
  '/ok/loop': (_, res) => res.writeHead(302, { location: '/ok/loop' }).end(),
  '/ok/away': (_, res) => res.writeHead(302, { location: '/secret' }).end(),
  '/ok/nowhere': (_, res) => res.writeHead(302, { location: 'http://:0/' }).end(),
  '/ok/page': (_, res) => res.setHeader('content-type', 'text/html').end('\n<!DOCTYPE html><p>'),
  '/ok/gone': (_, res) => res.writeHead(404).end('no'),
  '/ok/empty': (_, res) => res.end(),
};

let server: Server;
let host: string;
const asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    behaviour[request.url!]!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const databases = useDatabases(startD1);

it('an address that fails, in whatever way, fails its own item', async () => {
  const catalogue = await databases.open();
  const fetchImage = createImageFetcher(`${host}/ok/`, fetch, 300);
  const paths = [...Object.keys(behaviour), '/ok/..%2fsecret'];
  const items = paths.map((path) => ({ id: path, image: { url: host + path } }));
  const results = await ingestItems(
    { catalogue, objects: memoryStore(), fetchImage },
    'urls',
    items,
  );
  const codes = results.map((one) => [
    one.id,
    one.status === 'failed' ? one.error.code : one.status,
  ]);
  expect(Object.fromEntries(codes)).toEqual({
    '/ok/good': 'created',
    '/ok/moved': 'created',
    '/ok/reset': 'url_failed',
    '/ok/early': 'url_failed',
    '/ok/drips': 'url_failed',
    '/ok/silent': 'url_failed',
    '/ok/loop': 'url_failed',
    '/ok/away': 'url_refused',
    '/ok/nowhere': 'url_failed',
    '/ok/page': 'url_failed',
    '/ok/gone': 'url_failed',
    '/ok/empty': 'unreadable_image',
    '/ok/..%2fsecret': 'url_refused',
  });
  expect(asked.filter((path) => path.includes('secret'))).toEqual([]);
});
