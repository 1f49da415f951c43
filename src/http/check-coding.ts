import { DiptychError } from '../errors.ts';

/** Names of UTF-8, and of ASCII, which is a part of it. */
const utf8 = /^(utf-?8|us-ascii|ascii)$/i;

/**
 * Refuse a body whose headers say that it is compressed, or that its text is not UTF-8. Such a body
 * would only look damaged.
 *
 * @throws DiptychError unsupported_coding
 */
export function checkCoding(headers: { get(name: string): string | null }): void {
  const coding = headers.get('content-encoding')?.trim() ?? '';
  if (!/^(identity)?$/i.test(coding)) {
    throw unsupported(`content-encoding: expected a body that is not compressed, got ${coding}`);
  }
  const type = headers.get('content-type') ?? '';
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type) ?? [];
  if (charset !== undefined && !utf8.test(charset)) {
    throw unsupported(`content-type: expected charset=utf-8, got ${charset}`);
  }
}

function unsupported(message: string): DiptychError {
  return new DiptychError('unsupported_coding', message);
}
