import { unexpected } from './numbers.ts';

/** Parse names with commas between them. */
export function names(text: string): readonly string[] {
  const list = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (list.length > 0) return list;
  throw unexpected('names with commas between them', text);
}

/** Make the parser of a list whose every part another parser reads, such as `1,5,10`. */
export function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(',').map((part) => parse(part.trim()));
}
