import { stat } from 'node:fs/promises';
import { fetchHubModel } from './fetch-hub-model.ts';

/**
 * Find the folder of a model: itself, or where a hub model is cached.
 *
 * @throws DiptychError unreadable_model
 */
export async function modelDir(dirOrHubId: string): Promise<string> {
  const found = await stat(dirOrHubId).catch(() => null);
  return found?.isDirectory() ? dirOrHubId : fetchHubModel(dirOrHubId);
}
