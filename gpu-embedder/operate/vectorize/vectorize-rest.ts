import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import type { VectorizeUploader } from './vectorize-uploader.ts';

export interface VectorizeAccount {
  readonly accountId: string;
  /** A token with the permission to edit Vectorize. */
  readonly apiToken: string;
  readonly fetch?: typeof fetch;
}

const api = 'https://api.cloudflare.com/client/v4';
/** Code for too many requests. It is not documented; users report it with status 400. */
const tooManyRequests = 40041;

const answerSchema = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});
const indexSchema = z.object({
  config: z.object({ dimensions: z.number(), metric: z.string() }),
});
const infoSchema = z.object({
  vectorCount: z.number(),
  processedUpToMutation: z
    .string()
    .nullish()
    .transform((id) => id ?? null),
});
const mutationSchema = z.object({ mutationId: z.string() });
const vectorsSchema = z.array(z.object({ id: z.string() }));

/** Read account and token from the variables that wrangler uses. @throws DiptychError invalid_option */
export function accountOf(environment: NodeJS.ProcessEnv): VectorizeAccount {
  const { CLOUDFLARE_ACCOUNT_ID: accountId, CLOUDFLARE_API_TOKEN: apiToken } = environment;
  if (accountId && apiToken) return { accountId, apiToken };
  throw new DiptychError(
    'invalid_option',
    'vectorize: expected CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN in the environment',
  );
}

/**
 * Open an index over Cloudflare's HTTP API (v2 indexes).
 *
 * Its methods throw DiptychError `vectorize_failed`, with `details` for `retryService`.
 */
export function openVectorizeIndex(name: string, account: VectorizeAccount): VectorizeUploader {
  const { accountId, apiToken, fetch: send = fetch } = account;
  const root = `${api}/accounts/${encodeURIComponent(accountId)}/vectorize/v2/indexes/${encodeURIComponent(name)}`;

  async function request<T>(path: string, schema: z.ZodType<T>, body?: Body): Promise<T> {
    const where = `Vectorize index ${name}: ${path || '/'}`;
    const response = await send(root + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${apiToken}`,
        ...(body && { 'content-type': body.type }),
      },
      ...(body && { body: body.text }),
    }).catch((cause: unknown) => {
      throw new DiptychError('vectorize_failed', `${where}: ${String(cause)}`, {}, { cause });
    });
    const parsed = answerSchema.safeParse(await response.json().catch(() => null));
    if (!parsed.success || !parsed.data.success) throw failure(where, response, parsed.data);
    const result = schema.safeParse(parsed.data.result);
    if (result.success) return result.data;
    throw new DiptychError('vectorize_failed', `${where}: ${z.prettifyError(result.error)}`, {
      refused: true,
    });
  }

  const json = (value: unknown): Body => ({
    type: 'application/json',
    text: JSON.stringify(value),
  });
  return {
    name,
    describe: async () => (await request('', indexSchema)).config,
    info: () => request('/info', infoSchema),
    upsert: (vectors) =>
      request('/upsert', mutationSchema, {
        type: 'application/x-ndjson',
        text: vectors.map((vector) => JSON.stringify(vector)).join('\n'),
      }),
    getByIds: (ids) => request('/get_by_ids', vectorsSchema, json({ ids })),
    deleteByIds: (ids) => request('/delete_by_ids', mutationSchema, json({ ids })),
  };
}

interface Body {
  readonly type: string;
  readonly text: string;
}

function failure(
  where: string,
  response: Response,
  answer?: z.infer<typeof answerSchema>,
): DiptychError {
  const { status } = response;
  const errors = answer?.errors.map(({ code, message }) => `${message} (code ${code})`) ?? [];
  const isBusy = answer?.errors.some(({ code }) => code === tooManyRequests) ?? false;
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return new DiptychError(
    'vectorize_failed',
    `${where}: expected success, got status ${status}${errors.map((error) => `, ${error}`).join('')}`,
    {
      status,
      refused: status < 500 && status !== 408 && status !== 429 && !isBusy,
      ...(seconds > 0 && { retryAfterMs: 1000 * seconds }),
    },
  );
}
