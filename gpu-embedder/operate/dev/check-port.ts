import { createServer } from 'node:net';
import { DiptychError } from '../../../src/errors.ts';

/** Refuse a port on which no server can start, before any long work. */
export async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
    throw new DiptychError(
      'port_in_use',
      `port ${port} on ${host} ${why}: choose another with --port`,
      { host, port },
      { cause },
    );
  }
  await new Promise((resolve) => server.close(resolve));
}
