import { isUtf8 } from 'node:buffer';
import { notUtf8 } from '../../../src/text/decode-text.ts';
import type { Columns, Fields } from './columns.ts';
import type { Skip } from './source.ts';

/** Find a text of an image that is bytes, as parquet and tar hold them, and is not UTF-8. */
export function wrongBytes(
  fields: Fields,
  { image: _, ...texts }: Columns,
): Omit<Skip, 'where'> | undefined {
  for (const name of Object.values(texts).flat()) {
    const values: readonly unknown[] = typeof name === 'string' ? [fields[name]].flat() : [];
    for (const value of values) {
      if (!(value instanceof Uint8Array) || isUtf8(value)) continue;
      return { reason: `${name}: ${notUtf8(value)}`, code: 'bad_encoding' };
    }
  }
  return undefined;
}
