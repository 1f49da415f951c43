import { DiptychError } from '../errors.ts';
import type { Catalogue } from './catalogue.ts';
import { getCollection } from './collections.ts';

/** @throws DiptychError unknown_collection */
export async function requireCollection(catalogue: Catalogue, name: string): Promise<void> {
  if (await getCollection(catalogue, name)) return;
  throw new DiptychError(
    'unknown_collection',
    `collection: there is none named ${name} in the catalogue`,
    {
      collection: name,
    },
  );
}
