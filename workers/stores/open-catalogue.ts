import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { openD1 } from '../../src/catalogue/drivers/open-d1.ts';
import { openPlanetScale } from '../../src/catalogue/drivers/open-planetscale.ts';
import { requireCollection } from '../../src/catalogue/require-collection.ts';
import { DiptychError } from '../../src/errors.ts';
import type { Env } from '../env.ts';

/** Whether this deployment has a catalogue; a search needs none. */
export function hasCatalogue({ DATABASE_URL, CATALOGUE }: Env): boolean {
  return Boolean(DATABASE_URL) || CATALOGUE !== undefined;
}

/**
 * Open the catalogue of this deployment: PlanetScale if the secret `DATABASE_URL` is set, otherwise D1.
 *
 * @throws DiptychError catalogue_unavailable
 */
export function openCatalogue({ DATABASE_URL, CATALOGUE }: Env): Catalogue {
  if (DATABASE_URL) return openPlanetScale({ url: DATABASE_URL });
  if (CATALOGUE) return openD1(CATALOGUE);
  throw new DiptychError(
    'catalogue_unavailable',
    'no catalogue: expected the binding CATALOGUE or the secret DATABASE_URL',
  );
}

/**
 * Open the catalogue for work on a collection.
 *
 * @throws DiptychError catalogue_unavailable; unknown_collection if the catalogue has none of that name
 */
export async function openCatalogueOf(env: Env, collection: string): Promise<Catalogue> {
  const catalogue = openCatalogue(env);
  await requireCollection(catalogue, collection);
  return catalogue;
}
