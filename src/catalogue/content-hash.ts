import { sha256 } from '../version/sha256.ts';

const encoder = new TextEncoder();

/** SHA-256 of a text in UTF-8, lower-case hex. */
export async function textHash(text: string): Promise<string> {
  return sha256(encoder.encode(text));
}

/** SHA-256 of an item's content as canonical JSON: an item with the same hash need not be written. */
export async function contentHash(content: Readonly<Record<string, unknown>>): Promise<string> {
  return textHash(canonicalJson(content));
}

/** JSON in which the keys of every object are sorted. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );
}
