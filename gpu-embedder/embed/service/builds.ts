import { isDeepStrictEqual } from 'node:util';
import { badRequest } from '../../../src/bad-request.ts';
import { DiptychError } from '../../../src/errors.ts';
import type {
  BuildRequest,
  BuildResult,
  BuildStatus,
} from '../../../src/embedder/build-request.ts';

export type BuildProgress = (stage: string, done: number, total: number) => void;

/** Builds a version from the plan of a job, or compares two; it ends early when the signal aborts. */
export type BuildFunction = (
  request: BuildRequest,
  signal: AbortSignal,
  onProgress: BuildProgress,
) => Promise<BuildResult>;

/** The builds of a service. One runs at a time, and the last few are remembered. */
export interface Builds {
  /** Start the build of a job, or return its status if it runs or succeeded before. */
  start(request: BuildRequest): BuildStatus;
  status(id: string): BuildStatus;
  cancel(id: string): BuildStatus;
  isRunning(): boolean;
  /** Resolves when no build runs. */
  idle(): Promise<void>;
  /** Cancel the build that runs. */
  stop(): void;
}

interface Build {
  readonly request: BuildRequest;
  readonly abort: AbortController;
  status: BuildStatus;
  ended: Promise<void>;
}

/** Builds whose status can be asked for. */
const remembered = 20;
const isGoing = ({ status: { state } }: Build) => state === 'running' || state === 'cancelling';

/** @param build - undefined for a service that builds no index */
export function createBuilds(build: BuildFunction | undefined): Builds {
  const builds = new Map<string, Build>();
  const going = () => [...builds.values()].find(isGoing);

  function find(id: string): Build {
    const found = builds.get(id);
    if (found) return found;
    throw new DiptychError('not_found', `there is no build ${id} here`);
  }

  function cancel(started: Build): BuildStatus {
    if (isGoing(started)) {
      started.status = { ...started.status, state: 'cancelling' };
      started.abort.abort(new Error('the build was cancelled'));
    }
    return started.status;
  }

  function start(request: BuildRequest): BuildStatus {
    if (!build) throw new DiptychError('not_found', 'this embedder builds no index');
    const earlier = builds.get(request.jobId);
    if (earlier && !isDeepStrictEqual(earlier.request, request)) {
      throw badRequest('jobId', `${request.jobId} already has a build of a different request`);
    }
    if (earlier && (isGoing(earlier) || earlier.status.state === 'succeeded'))
      return earlier.status;
    const other = going();
    if (other) {
      const { jobId } = other.request;
      const retry = { build: jobId, retryAfterMs: 10_000 };
      throw new DiptychError('embedder_busy', `the build of job ${jobId} is running`, retry);
    }
    const started = begin(request, build);
    // A map keeps the place of a key that is set again; the oldest build must come first.
    builds.delete(request.jobId);
    builds.set(request.jobId, started);
    if (builds.size > remembered) builds.delete(builds.keys().next().value!);
    return started.status;
  }

  return {
    start,
    status: (id) => find(id).status,
    cancel: (id) => cancel(find(id)),
    isRunning: () => going() !== undefined,
    idle: async () => {
      await going()?.ended;
    },
    stop: () => {
      const running = going();
      if (running) cancel(running);
    },
  };
}

function begin(request: BuildRequest, build: BuildFunction): Build {
  const abort = new AbortController();
  const started: Build = {
    request,
    abort,
    status: { id: request.jobId, state: 'running', stage: null, done: 0, total: 0 },
    ended: Promise.resolve(),
  };
  const onProgress: BuildProgress = (stage, done, total) => {
    started.status = { ...started.status, stage, done, total };
  };
  const run = async () => build(request, abort.signal, onProgress);
  started.ended = run().then(
    (result) => {
      started.status = { ...started.status, state: 'succeeded', result };
    },
    (error: unknown) => {
      started.status = abort.signal.aborted
        ? { ...started.status, state: 'cancelled' }
        : { ...started.status, state: 'failed', error: describe(error) };
    },
  );
  return started;
}

function describe(error: unknown): { code: string; message: string } {
  const code = error instanceof DiptychError ? error.code : 'internal';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
