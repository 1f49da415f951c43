import { createAdaptorServer } from '@hono/node-server';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Hono } from 'hono';
import { DiptychError } from '../../../../src/errors.ts';

export interface Listening {
  /** Without a slash at its end. */
  readonly url: string;
  /** Wait until all answers are sent, then close; connections that last longer are cut. */
  close(withinMs: number): Promise<void>;
}

/**
 * Serve an application.
 *
 * @param port - 0 takes any free port
 * @throws DiptychError port_in_use
 */
export async function listen(app: Hono, host: string, port: number): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host }) as Server;
  // Clients and proxies keep idle connections for a shorter time than this. If the server closed
  // one first, a request that was just sent on it would be lost.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    throw new DiptychError(
      'port_in_use',
      `port ${port} on ${host}: the service cannot listen there (${cause.code}); choose another port with --port`,
      { host, port },
      { cause },
    );
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: async (withinMs) => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), withinMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
