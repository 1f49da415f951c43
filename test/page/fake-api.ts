import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { answerOf } from './fake-answers.ts';
import type { FakeItem, Fields } from './fake-answers.ts';
import { readHeaderRules } from './read-header-rules.ts';

/** Serves the page's files and canned answers in the API's shapes, and records the requests. */
export interface FakeApi {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly fields: Fields }[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
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

/** Reads a request as the API does; a form's field that occurs several times is a list. */
async function fieldsOf(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return JSON.parse(bytes.toString()) as Fields;
  if (!type.startsWith('multipart/')) return {};
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  const fieldOf = (name: string) => {
    const values = form.getAll(name);
    return values.length === 1 ? values[0] : values;
  };
  return Object.fromEntries([...form.keys()].map((name) => [name, fieldOf(name)]));
}
