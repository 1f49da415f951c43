import { z } from 'zod';
import { badRequest } from '../bad-request.ts';

/** Names that become parts of keys, folders and addresses. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
export const nameRule =
  'expected 1 to 63 letters, digits, ".", "_" or "-", the first a letter or a digit';

/** The name of a collection. Every door that takes a name checks it with this schema. */
export const collectionNameSchema = z
  .string()
  .regex(namePattern, { error: ({ input }) => refusal(String(input)) });

/** @throws DiptychError bad_request */
export function checkCollectionName(name: string): void {
  if (namePattern.test(name)) return;
  throw badRequest('collection', refusal(name));
}

/** Early versions of `diptych index` took other names, so a store may still have some. */
function refusal(name: string): string {
  return (
    `${nameRule}, got ${JSON.stringify(name.slice(0, 80))}; a collection that was published under ` +
    'such a name can still be listed and removed with diptych versions'
  );
}
