import { unexpected } from './numbers.ts';

/** Parse a list of names that are separated by commas. */
export function names(text: string): readonly string[] {
  const list = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (list.length > 0) return list;
  throw unexpected('names separated by commas', text);
}

/** Make a parser of lists such as `1,5,10` from the parser of one part. */
export function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(',').map((part) => parse(part.trim()));
}
