import type { Context } from 'hono';
import { badRequest } from '../../../../src/bad-request.ts';
import { mediaType } from '../../../../src/http/media-type.ts';
import { clientGone, readRequestBody } from '../../../../src/http/read-request-body.ts';
import type { ServiceContext } from '../service-context.ts';

/**
 * Admit a request, read its body and do its work; the request counts as in progress meanwhile.
 *
 * @param type - media type that the body must have
 * @throws DiptychError bad_request, payload_too_large, client_gone, embedder_busy
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
    return await work(await readRequestBody(c.req.raw, limits.bodyBytes));
  } catch (cause) {
    throw c.req.raw.signal.aborted ? clientGone(cause) : cause;
  } finally {
    leave();
  }
}

function checkType(c: Context, expected: string): void {
  const type = mediaType(c.req.header('content-type'));
  if (type === expected) return;
  throw badRequest('content-type', `expected ${expected}, got ${type || 'none'}`);
}
