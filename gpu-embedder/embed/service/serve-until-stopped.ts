import { createService, type ServiceOptions } from './create-service.ts';
import { listen } from './http/listen.ts';
import type { ThreadModel } from './embedder/load-model-in-thread.ts';

export interface ServeOptions extends Omit<ServiceOptions, 'model'> {
  readonly model: ThreadModel;
  readonly host: string;
  readonly port: number;
  /** How long requests and builds in progress may take after `stopped` settles. */
  readonly graceMs: number;
  readonly onListening: (url: string) => void;
  /** Settles when the service must stop. */
  readonly stopped: Promise<unknown>;
}

/** How long it may take to send the last answers. */
const sendMs = 5000;

/**
 * Serve until `stopped` settles, then finish the requests and builds in progress.
 *
 * @returns number of requests and builds that did not finish in time
 * @throws DiptychError port_in_use; embedder_failed when the thread of the model ends
 */
export async function serveUntilStopped(options: ServeOptions): Promise<number> {
  const { model, host, port, graceMs, onListening, stopped } = options;
  const service = createService(options);
  try {
    await service.warm();
    const server = await listen(service.app, host, port);
    onListening(server.url);
    const dead = await Promise.race([stopped.then(() => null), model.died]);
    const unfinished = await service.drain(dead ? 0 : graceMs);
    await server.close(sendMs);
    if (dead) throw dead;
    return unfinished;
  } finally {
    await service.close();
  }
}
