import { createServer } from 'node:net';
import { DiptychError } from '../../../src/errors.ts';

/** Errors of a host that is no address of this machine. */
const foreignHost = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EADDRNOTAVAIL', 'EINVAL'];

/**
 * Refuse a port on which no server can start, before any long work.
 *
 * @throws DiptychError port_in_use; invalid_option where the host is not this machine
 */
export async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (foreignHost.includes(code)) {
      throw new DiptychError(
        'invalid_option',
        `--host ${host}: expected a name or an address of this machine, such as 127.0.0.1 (${code})`,
        { host },
        { cause },
      );
    }
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
