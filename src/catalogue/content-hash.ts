import { sha256 } from '../artifact/sha256.ts';

/** What an item is: two with the same content need no work. */
export interface ItemContent {
  readonly title: string;
  /** SHA-256 of the image bytes. */
  readonly imageHash?: string | null;
  readonly captions?: readonly string[];
  readonly set?: string | null;
  readonly label?: string | null;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

const encoder = new TextEncoder();

/** SHA-256 of a text in UTF-8, lower-case hex. */
export async function textHash(text: string): Promise<string> {
  return sha256(encoder.encode(text));
}

/** SHA-256 of an item as canonical JSON: keys in order, what is left out as null or empty. */
export async function contentHash(item: ItemContent): Promise<string> {
  const { title, imageHash = null, captions = [], set = null, label = null } = item;
  const { tags = [], metadata = null } = item;
  return textHash(canonicalJson({ imageHash, title, captions, set, label, tags, metadata }));
}

/** JSON with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );
}
