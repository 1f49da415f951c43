import { z } from 'zod';
import { DiptychError } from '../errors.ts';

/** Names that become a part of keys, folders and addresses. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
export const nameRule =
  'expected 1 to 63 letters, digits, ".", "_" or "-", the first a letter or a digit';

/** The name of a collection. Whoever takes one checks it by this. */
export const collectionNameSchema = z
  .string()
  .regex(namePattern, { error: ({ input }) => refusal(String(input)) });

/** @throws DiptychError bad_request */
export function checkCollectionName(name: string): void {
  if (namePattern.test(name)) return;
  throw new DiptychError('bad_request', `collection: ${refusal(name)}`);
}

/** `diptych index` took longer names once, so that some may be in a store. */
function refusal(name: string): string {
  return (
    `${nameRule}, got ${JSON.stringify(name.slice(0, 80))}; a collection that was published under ` +
    'such a name can still be listed and removed with diptych versions'
  );
}
