import type { Context } from 'hono';
import { DiptychError } from '../../../../src/errors.ts';
import { mediaType } from '../../../../src/http/media-type.ts';
import { readLimitedBody } from '../../../../src/http/read-limited-body.ts';
import type { ServiceContext } from '../service-context.ts';

/**
 * Admit a request, read its body and do its work; the request counts as in progress meanwhile.
 *
 * @param type - media type that the body must have
 * @throws DiptychError bad_request, payload_too_large, embedder_busy
 */
export async function admitted<R>(
  c: Context,
  { admission, limits }: Pick<ServiceContext, 'admission' | 'limits'>,
  type: string,
  work: (body: Uint8Array) => Promise<R>,
): Promise<R> {
  checkType(c, type);
  const declared = Number(c.req.header('content-length') ?? limits.bodyBytes);
  const leave = admission.enter(Math.min(declared, limits.bodyBytes));
  try {
    return await work(await readLimitedBody(c.req.raw, limits.bodyBytes));
  } catch (cause) {
    if (!c.req.raw.signal.aborted) throw cause;
    throw new DiptychError('bad_request', 'the client went away', undefined, { cause });
  } finally {
    leave();
  }
}

function checkType(c: Context, expected: string): void {
  const type = mediaType(c.req.header('content-type'));
  if (type === expected) return;
  throw new DiptychError(
    'bad_request',
    `content-type: expected ${expected}, got ${type || 'none'}`,
  );
}
