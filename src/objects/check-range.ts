import { DiptychError } from '../errors.ts';
import type { ByteRange } from './object-store.ts';

/** Check that an object has the bytes of a range. @throws DiptychError range_not_satisfiable */
export function checkRange(key: string, { offset, length }: ByteRange, size: number): void {
  const isRange = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0;
  if (isRange && length >= 1 && offset + length <= size) return;
  throw new DiptychError(
    'range_not_satisfiable',
    `${key}: expected ${length} bytes from offset ${offset}, but the object has ${size} bytes`,
    { offset, length, size },
  );
}
