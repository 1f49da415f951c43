import { DiptychError } from '../../../../src/errors.ts';

/** Bounds what a service holds at a time: requests, and bytes of their bodies. */
export interface Admission {
  /**
   * @param bytes - that the request may come to hold
   * @returns a function that ends it; further calls of that do nothing
   * @throws DiptychError embedder_busy
   */
  enter(bytes: number): () => void;
  readonly inProgress: number;
  /** Settles when nothing is in progress. */
  idle(): Promise<void>;
}

export interface AdmissionLimits {
  readonly requests: number;
  readonly bytes: number;
}

/** Create the admission of a service. */
export function createAdmission(limits: AdmissionLimits): Admission {
  let requests = 0;
  let held = 0;
  let whenIdle: (() => void)[] = [];

  function leave(bytes: number): void {
    requests -= 1;
    held -= bytes;
    if (requests > 0) return;
    for (const tell of whenIdle) tell();
    whenIdle = [];
  }

  return {
    get inProgress() {
      return requests;
    },
    enter: (bytes) => {
      if (requests >= limits.requests || (requests > 0 && held + bytes > limits.bytes)) {
        throw new DiptychError(
          'embedder_busy',
          `the embedder is busy with ${requests} requests of ${held} bytes: try again`,
          { retryAfterMs: 1000 },
        );
      }
      requests += 1;
      held += bytes;
      let left = false;
      return () => {
        if (!left) leave(bytes);
        left = true;
      };
    },
    idle: () =>
      new Promise((resolve) => {
        if (requests === 0) resolve();
        else whenIdle.push(resolve);
      }),
  };
}
