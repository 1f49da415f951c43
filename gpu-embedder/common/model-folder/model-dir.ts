import { stat } from 'node:fs/promises';
import { fetchHubModel } from './fetch-hub-model.ts';

/**
 * Find the folder of a model: the given folder, or the cache of a hub model, which is fetched first.
 *
 * @throws DiptychError unreadable_model
 */
export async function modelDir(dirOrHubId: string): Promise<string> {
  const found = await stat(dirOrHubId).catch(() => null);
  return found?.isDirectory() ? dirOrHubId : fetchHubModel(dirOrHubId);
}
