import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** A plain static host of one folder. */
export interface FolderHost {
  /** URL of the folder, ending in `/`. */
  readonly url: string;
  /** Requested paths, relative to the folder, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

export interface FolderHostOptions {
  /** Path of the folder on the host; begins and ends in `/`. */
  readonly under?: string;
  /** Media types by extension; other files have none. */
  readonly types?: Readonly<Record<string, string>>;
  /** Changes the bytes of a file; null gives 404. */
  readonly change?: (path: string, bytes: Buffer) => Buffer | null;
}

export const usualTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

export async function serveFolder(
  folder: string,
  { under = '/', types = usualTypes, change = (_path, bytes) => bytes }: FolderHostOptions = {},
): Promise<FolderHost> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname.startsWith(under) ? pathname.slice(under.length) : `outside ${pathname}`;
    requests.push(path);
    void readFile(join(folder, path === '' ? 'index.html' : path)).then(
      (bytes) => {
        const body = change(path, bytes);
        const type = (types as Readonly<Record<string, string>>)[
          path === '' ? '.html' : extname(path)
        ];
        response.writeHead(body ? 200 : 404, type === undefined ? {} : { 'content-type': type });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${under}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
