import type { z } from 'zod';
import { errorResponseSchema } from '../../../src/http/api.ts';
import { DiptychError, errorStatus, type ErrorCode } from '../../../src/errors.ts';
import { objectHeaders } from '../../../src/objects/http.ts';

export interface ObjectRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Requests to `/v1/objects` of a worker, without retries. */
export interface ObjectRequests {
  /**
   * @param path - after `/v1/objects`, with its query
   * @returns null if there is no such object
   * @throws DiptychError the worker's own code, or store_failed; `details.refused` is false if
   *   a retry may help
   */
  send(method: string, path: string, request?: ObjectRequest): Promise<Response | null>;
  /** Send a request and read an answer that matches a schema. */
  json<T>(method: string, path: string, schema: z.ZodType<T>, request?: ObjectRequest): Promise<T>;
  /** Make the error for a failure that a retry may mend. */
  failure(what: string, problem: string, cause?: unknown): DiptychError;
}

/** Longest time for a request with its body. */
const timeoutMs = 300_000;

/** @throws DiptychError invalid_option: not a URL, or one that would send the token unencrypted */
export function createObjectRequests(options: {
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
}): ObjectRequests {
  const base = `${checkUrl(options.url)}/v1/objects`;
  const send = options.fetch ?? fetch;

  function failure(what: string, problem: string, cause?: unknown): DiptychError {
    const message = `${base}${what}: ${problem}`;
    return new DiptychError('store_failed', message, { refused: false }, { cause });
  }

  async function fetched(method: string, path: string, { headers, body }: ObjectRequest) {
    try {
      return await send(base + path, {
        method,
        headers: { ...headers, authorization: `Bearer ${options.token}` },
        body: body && new Uint8Array(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw failure(path, `expected an answer, got ${String(cause)}`, cause);
    }
  }

  const requests: ObjectRequests = {
    async send(method, path, request = {}) {
      const response = await fetched(method, path, request);
      if (response.ok) return response;
      const error = await errorOf(response);
      const isOurs = response.headers.has(objectHeaders.served);
      if (response.status === 404 && isOurs) return null;
      const problem = `${method}: ${response.status} ${error?.message ?? response.statusText}`;
      if (response.status >= 500 || response.status === 429) throw failure(path, problem);
      const hint = isOurs ? '' : ' (expected a Diptych worker there)';
      // An answer to HEAD has no body, so it carries no code.
      const code = error?.code ?? (response.status === 401 ? 'unauthorized' : 'store_failed');
      throw new DiptychError(code, `${base}${path}: ${problem}${hint}`, { refused: true });
    },
    async json(method, path, schema, request) {
      const response = await requests.send(method, path, request);
      const json: unknown = await response?.json().catch(() => null);
      const parsed = schema.safeParse(json);
      if (parsed.success) return parsed.data;
      throw failure(
        path,
        `${method}: the answer does not have the expected shape, got ${JSON.stringify(json)}`,
      );
    },
    failure,
  };
  return requests;
}

async function errorOf(
  response: Response,
): Promise<{ readonly code: ErrorCode; readonly message: string } | null> {
  const parsed = errorResponseSchema.safeParse(await response.json().catch(() => null));
  if (!parsed.success || !(parsed.data.error.code in errorStatus)) return null;
  const { code, message } = parsed.data.error;
  return { code: code as ErrorCode, message };
}

/** @returns the URL without a slash at its end */
function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback))) {
    return (url.origin + url.pathname).replace(/\/+$/, '');
  }
  throw new DiptychError(
    'invalid_option',
    `store: expected the URL of a worker (https://…), got ${text}`,
  );
}
