import type { Worker } from 'node:worker_threads';
import { DiptychError } from '../../src/errors.ts';
import { startThread } from '../threads/start-thread.ts';
import type {
  DecodeFailure,
  DecodeSettings,
  DecodeTask,
  DecodedUploads,
} from './decode-upload-thread.ts';

/** Decodes images off the main thread, many at a time. */
export interface DecodePool {
  /** @returns RGB8 [imageSize, imageSize, 3] of each image, or why there is none */
  decode(images: readonly Uint8Array[]): Promise<readonly (Uint8Array | DecodeFailure)[]>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (images: DecodedUploads['images']) => void;
  readonly reject: (error: unknown) => void;
}

interface PoolThread {
  readonly thread: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** Create a pool; its threads start with the first image and do not keep an idle process alive. */
export function createDecodePool(settings: DecodeSettings, count: number): DecodePool {
  const threads: PoolThread[] = [];
  let next = 0;

  function start(): PoolThread {
    const thread = startThread(new URL('./decode-upload-thread.ts', import.meta.url), settings);
    const started: PoolThread = { thread, waiting: new Map() };
    thread.unref();
    thread.on('message', ({ id, images }: DecodedUploads) => {
      started.waiting.get(id)?.resolve(images);
      started.waiting.delete(id);
      if (started.waiting.size === 0) thread.unref();
    });
    // A dead thread is replaced by the next image.
    const fail = (cause?: unknown) => {
      const at = threads.indexOf(started);
      if (at >= 0) threads.splice(at, 1);
      for (const { reject } of started.waiting.values()) {
        reject(new DiptychError('internal', 'a decoding thread ended', undefined, { cause }));
      }
      started.waiting.clear();
    };
    thread.on('error', fail);
    thread.on('exit', () => fail());
    threads.push(started);
    return started;
  }

  return {
    decode: (images) =>
      new Promise((resolve, reject) => {
        while (threads.length < count) start();
        const { thread, waiting } = leastBusy(threads);
        const task: DecodeTask = { id: next++, images };
        waiting.set(task.id, { resolve, reject });
        thread.ref();
        thread.postMessage(task);
      }),
    stop: async () => {
      await Promise.all([...threads].map(({ thread }) => thread.terminate()));
    },
  };
}

const leastBusy = (threads: readonly PoolThread[]): PoolThread =>
  threads.reduce((best, other) => (other.waiting.size < best.waiting.size ? other : best));
