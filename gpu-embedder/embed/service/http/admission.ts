import { DiptychError } from '../../../../src/errors.ts';

/** Limits the requests that are in progress at a time, and the bytes of their bodies. */
export interface Admission {
  /**
   * Admit a request.
   *
   * @param bytes - most bytes that its body can have
   * @returns a function that ends the request; only its first call counts
   * @throws DiptychError embedder_busy
   */
  enter(bytes: number): () => void;
  readonly inProgress: number;
  /** Resolves when no request is in progress. */
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
          `the embedder is busy with ${requests} requests of ${held} bytes in all: try again`,
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
