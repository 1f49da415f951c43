import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { readHeaderRules } from './read-header-rules.ts';

export interface FakeItem {
  readonly id: string;
  readonly title: string;
  readonly set: string;
  readonly svg: string;
}

/** A server of the page's files and of canned answers in the API's shapes; it keeps what it was asked. */
export interface FakeApi {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly fields: Fields }[];
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const index = { collection: 'demo', version: '20261121-0930', model: 'pictogram' };

export async function startFakeApi(folder: string, items: readonly FakeItem[]): Promise<FakeApi> {
  const requests: { path: string; fields: Fields }[] = [];
  const headers = await readHeaderRules(join(folder, '_headers'));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/v1/')) {
      const fields = await fieldsOf(request);
      requests.push({ path, fields });
      const { status, body } = answerOf(path, fields, items);
      const type = typeof body === 'string' ? 'image/svg+xml' : 'application/json';
      response.writeHead(status, { 'content-type': type });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
      return;
    }
    const name = path === '/' ? '/index.html' : path;
    const bytes = await readFile(join(folder, name)).catch(() => null);
    response.writeHead(bytes ? 200 : 404, { 'content-type': types[extname(name)], ...headers });
    response.end(bytes);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function fieldsOf(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return JSON.parse(bytes.toString()) as Fields;
  if (!type.startsWith('multipart/')) return {};
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  return { ...Object.fromEntries(form), labels: form.getAll('labels') };
}

/** `broken server` fails, `nothing` finds nothing, other words find titles that hold them, else all. */
function answerOf(path: string, fields: Fields, items: readonly FakeItem[]) {
  if (path === '/v1/search') return searchAnswer(fields, items);
  if (path === '/v1/captions') {
    const captions = ['a red circle', 'ball', '<i>round</i> thing'];
    return ok({
      captions: captions.map((text, rank) => ({ text, score: 0.4 - rank / 10 })),
      index,
    });
  }
  if (path === '/v1/classify') {
    const labels = fields.labels as readonly string[];
    const favourite = labels.includes('red ball') ? 'red ball' : 'sport';
    const share = (label: string) => (label === favourite ? 0.64 : 0.36 / (labels.length - 1));
    return ok({ labels: labels.map((label) => ({ label, probability: share(label) })), index });
  }
  if (path === '/v1/collections') {
    return ok({
      collections: [
        { name: 'demo', version: index.version, items: 14903 },
        { name: 'photos', version: '1', items: 120 },
      ],
    });
  }
  const item = items.find(({ id }) => path === `/v1/images/${encodeURIComponent(id)}`);
  return item ? ok(item.svg) : failed(404, 'not_found', `Nothing is at ${path}.`);
}

function searchAnswer({ text, id, limit, cursor }: Fields, items: readonly FakeItem[]) {
  if (text === 'broken server') {
    return failed(500, 'index_unreadable', 'image.bin: expected magic <DPTX>, got 0000.');
  }
  const words = typeof text === 'string' ? text : '';
  const hits = items.filter(({ title }) => title.includes(words));
  const others = id === undefined ? items : items.filter((item) => item.id !== id).reverse();
  const found = text === 'nothing' ? [] : hits.length > 0 && words !== '' ? hits : others;
  const from = Number(cursor ?? 0);
  const page = found.slice(from, from + Number(limit));
  const next = from + page.length;
  return ok({
    count: page.length,
    matches: page.map((item, rank) => ({
      id: item.id,
      score: 0.5 - rank / 100,
      probability: 0.9 - rank / 100,
      metadata: {
        title: item.title,
        set: item.set,
        imageUrl: `/v1/images/${encodeURIComponent(item.id)}`,
      },
    })),
    nextCursor: next < found.length ? String(next) : null,
    index,
    timings: { encode: 2.1, search: 0.4, total: 2.9 },
  });
}

const ok = (body: object | string) => ({ status: 200, body });
const failed = (status: number, code: string, message: string) => ({
  status,
  body: { error: { code, message } },
});
