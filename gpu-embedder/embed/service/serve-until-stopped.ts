import type { DiptychError } from '../../../src/errors.ts';
import { createService, type ServiceOptions } from './create-service.ts';
import { listen } from './http/listen.ts';
import type { ThreadModel } from './embedder/load-model-in-thread.ts';

export interface ServeOptions extends Omit<ServiceOptions, 'model'> {
  readonly model: ThreadModel;
  readonly host: string;
  readonly port: number;
  /** How long what was taken may go on after a signal. */
  readonly graceMs: number;
  readonly onListening: (url: string) => void;
  /** Settles when the service shall stop. */
  readonly stopped: Promise<unknown>;
}

/** How long answers may take to be sent after the last was made. */
const sendMs = 5000;

/**
 * Serve until told to stop, then finish what was taken.
 *
 * @returns requests and builds that were cut off
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
    if (dead) throw dead as DiptychError;
    return unfinished;
  } finally {
    await service.close();
  }
}
