import { ApiFailure } from '../workers/page/api/api-failure.ts';
import type { Loaded } from '../workers/page/state/page-state.ts';
import type { FromSearch, SentAnswer, SentRequest, ToSearch } from './protocol.ts';
import threadUrl from './search-thread.ts?worker&url';

/** Sends requests of the page to the search thread. */
export interface SearchClient {
  /** @throws ApiFailure where the thread does not start */
  readonly send: typeof fetch;
  watchLoading(listener: (loaded: Loaded) => void): void;
}

interface Waiting {
  resolve(answer: SentAnswer): void;
  reject(reason: unknown): void;
}

/**
 * Start the search thread at the first request. If it cannot be loaded, the next request starts it
 * again.
 *
 * @param base - URL of the site, ends in `/`
 */
export function createSearchClient(base: string): SearchClient {
  const waiting = new Map<number, Waiting>();
  let listener: (loaded: Loaded) => void = () => {};
  let lastId = 0;
  let thread: Worker | null = null;

  function start(): Worker {
    const started = startThread();
    started.onmessage = ({ data }: MessageEvent<FromSearch>) => {
      if ('loaded' in data) return listener(data.loaded);
      waiting.get(data.id)?.resolve(data.answer);
      waiting.delete(data.id);
    };
    started.onerror = ({ message }) => {
      started.terminate();
      thread = null;
      const what = message || `${new URL(threadUrl, import.meta.url).pathname} cannot be loaded`;
      const failure = new ApiFailure('index_unreadable', `The search did not start: ${what}`);
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    };
    started.postMessage({ base } satisfies ToSearch);
    return started;
  }

  function ask(request: SentRequest, signal: AbortSignal): Promise<SentAnswer> {
    const id = ++lastId;
    thread ??= start();
    thread.postMessage({ id, request } satisfies ToSearch);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      signal.addEventListener('abort', () => {
        waiting.delete(id);
        reject(signal.reason);
      });
    });
  }

  return {
    async send(input: RequestInfo | URL, init?: RequestInit) {
      const request = new Request(input, init);
      const sent = await toSent(request);
      request.signal.throwIfAborted();
      const { status, body } = await ask(sent, request.signal);
      return new Response(body, { status, headers: { 'content-type': 'application/json' } });
    },
    watchLoading(tell) {
      listener = tell;
    },
  };
}

async function toSent(request: Request): Promise<SentRequest> {
  return {
    method: request.method,
    path: new URL(request.url).pathname,
    type: request.headers.get('content-type'),
    body: await request.arrayBuffer(),
  };
}

/**
 * Start the thread from a `blob:` that imports its script. Such a thread always takes the
 * Content-Security-Policy of the page; another would take the headers of the host, which may be none.
 */
function startThread(): Worker {
  const script = `import ${JSON.stringify(new URL(threadUrl, import.meta.url).href)};`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return new Worker(url, { type: 'module' });
}
