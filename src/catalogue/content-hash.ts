import { sha256 } from '../version/sha256.ts';

const encoder = new TextEncoder();

/** SHA-256 of a text in UTF-8, lower-case hex. */
export async function textHash(text: string): Promise<string> {
  return sha256(encoder.encode(text));
}

/** SHA-256 of what an item holds, as canonical JSON: two with the same content need no work. */
export async function contentHash(content: Readonly<Record<string, unknown>>): Promise<string> {
  return textHash(canonicalJson(content));
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );
}
