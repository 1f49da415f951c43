import { badRequest } from '../bad-request.ts';
import { apiLimits } from '../http/api.ts';

/** The place where a page of results begins, in one index version. */
export interface Cursor {
  readonly version: string;
  readonly offset: number;
}

export function writeCursor({ version, offset }: Cursor): string {
  return btoa(JSON.stringify([version, offset]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/**
 * Read the offset from a cursor of an earlier answer.
 *
 * @returns 0 without a cursor
 * @throws DiptychError bad_request when it is not a cursor, or belongs to another index version
 */
export function readCursor(cursor: string | undefined, version: string): number {
  if (cursor === undefined) return 0;
  let parts: unknown;
  try {
    parts = JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    parts = null;
  }
  const [of, offset] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const isOffset = Number.isInteger(offset) && Number(offset) >= 0;
  if (typeof of !== 'string' || !isOffset || Number(offset) >= apiLimits.window) {
    throw badRequest('cursor', 'expected the nextCursor of an earlier answer');
  }
  if (of !== version) {
    throw badRequest(
      'cursor',
      `belongs to version ${of}, the collection is at ${version}: search again`,
    );
  }
  return Number(offset);
}
