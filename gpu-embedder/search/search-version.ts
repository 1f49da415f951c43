import { itemAt } from '../../src/artifact/items.ts';
import { DiptychError } from '../../src/errors.ts';
import { rankByKeywords, rankHybrid, type RankedItem } from '../../src/search/fusion.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import type { Mode } from './modes.ts';
import type { LocalVersion } from './open-version.ts';

/** Items whose vectors are compared, at least: a hybrid search re-orders them. */
const nearestCount = 100;

export interface Match {
  readonly id: string;
  /** Cosine of a vector search; see `src/query/fusion.ts` for the other modes. */
  readonly score: number;
  readonly title: string;
  readonly set?: string;
}

/** Search images by text, or by the bytes of an image. */
export async function searchVersion(
  version: LocalVersion,
  model: EmbeddingModel,
  query: { readonly text: string } | { readonly image: Uint8Array },
  limit: number,
  mode: Mode,
): Promise<Match[]> {
  const { manifest, items } = version;
  if (model.hash !== manifest.model.hash) {
    throw new DiptychError(
      'model_mismatch',
      `index ${manifest.collection}/${manifest.version}: expected model ${manifest.model.id} (${manifest.model.hash}), got ${model.id} (${model.hash})`,
    );
  }
  const embedding = await ('text' in query
    ? model.embedTexts([query.text])
    : model.embedImages([query.image]).catch((cause: unknown) => {
        const message = `the image cannot be decoded: ${(cause as Error).message}`;
        throw new DiptychError('unreadable_image', message, undefined, { cause });
      }));
  const text = 'text' in query ? query.text : undefined;
  const ranked = await rank(version, embedding, text, limit, mode);
  return ranked.map(({ id, score }) => {
    const { preview: _, ...item } = itemAt(items, id);
    return { ...item, score };
  });
}

async function rank(
  { images, keywords, manifest }: LocalVersion,
  embedding: Float32Array,
  text: string | undefined,
  limit: number,
  mode: Mode,
): Promise<RankedItem[]> {
  const scoreItems = (ids: readonly number[]) => images.score(embedding, ids);
  if (text !== undefined && mode === 'keyword') {
    return rankByKeywords(keywords, text, limit, scoreItems);
  }
  const nearest = images.search(embedding, mode === 'hybrid' ? nearestCount : limit);
  if (text !== undefined && mode === 'hybrid') {
    return rankHybrid(keywords, text, nearest, scoreItems, manifest.fusion, limit);
  }
  return Array.from(nearest.ids, (id, i) => ({ id, score: nearest.scores[i] }));
}
