import type { StandInVector, VectorizeStandIn } from './vectorize-stand-in.ts';

export interface RestStandIn {
  readonly fetch: typeof fetch;
  /** Use these responses and errors for the next requests. */
  answer(...responses: (Response | Error)[]): void;
}

const root = 'https://api.cloudflare.com/client/v4/accounts/account/vectorize/v2/indexes/pictures';

/** Serve the HTTP API of a Vectorize index `pictures` of account `account`, with token `token`. */
export function serveVectorize(
  index: VectorizeStandIn,
  { dimensions, metric = 'cosine' }: { dimensions: number; metric?: string },
): RestStandIn {
  const next: (Response | Error)[] = [];
  const routes: Record<string, (body: string) => unknown> = {
    'GET ': () => ({ name: 'pictures', config: { dimensions, metric } }),
    'GET /info': () => index.describe(),
    'POST /upsert': (body) =>
      index.upsert(body.split('\n').map((line) => JSON.parse(line) as StandInVector)),
    'POST /get_by_ids': (body) => index.getByIds(idsOf(body)),
    'POST /delete_by_ids': (body) => index.deleteByIds(idsOf(body)),
  };
  return {
    answer: (...responses) => void next.push(...responses),
    async fetch(input, init) {
      const prepared = next.shift();
      if (prepared instanceof Error) throw prepared;
      if (prepared) return prepared;
      const request = new Request(input, init);
      if (request.headers.get('authorization') !== 'Bearer token') {
        return refusal(403, 10000, 'Authentication error');
      }
      const route = routes[`${request.method} ${request.url.replace(root, '')}`];
      if (!route) return refusal(404, 7003, `no route for ${request.method} ${request.url}`);
      try {
        return answerOf(200, {
          success: true,
          errors: [],
          result: await route(await request.text()),
        });
      } catch (error) {
        const [, code, message] = /code = (\d+)\): (.*)/.exec(String(error)) ?? [, '0', `${error}`];
        return refusal(400, Number(code), message);
      }
    },
  };
}

/** Make a response by which the API refuses a request. */
export function refusal(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const errors = [{ code, message }];
  return answerOf(status, { success: false, errors, result: null }, headers);
}

function answerOf(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function idsOf(body: string): string[] {
  return (JSON.parse(body) as { ids: string[] }).ids;
}
