import { DiptychError } from '../../../src/errors.ts';
import { readPseudoCaptions } from '../../data/prepared/pseudo-captions.ts';
import {
  checkDatasetFiles,
  openDataset,
  readImageBytes,
  type PreparedDataset,
} from '../../data/prepared/read-dataset.ts';
import type { IndexSource } from './index-source.ts';
import { encodedItems, readEmbeddings, type Embeddings } from '../../embed/read-embeddings.ts';

export interface DatasetSource extends IndexSource {
  /** Number of pictures that have pseudo-captions. */
  readonly pseudoCaptioned: number;
  /** Items that are left out, because their image has no embedding. */
  readonly notEncoded: readonly string[];
}

/**
 * Open a prepared data set and its embeddings to build an index of them.
 *
 * @param dirs - folders of `encode` and of `prepare`
 * @throws DiptychError not_prepared, unreadable_source
 */
export async function openDatasetSource(dirs: {
  readonly embeddings: string;
  readonly data: string;
}): Promise<DatasetSource> {
  const embeddings = await readEmbeddings(dirs.embeddings);
  const dataset = openDataset(dirs.data);
  checkDataset(embeddings, dataset, dirs);
  const pseudo = await readPseudoCaptions(dataset);
  const ordinals = encodedItems(embeddings, dataset.items);
  const items = ordinals.map((ordinal) => {
    const item = dataset.items[ordinal];
    const suggested = pseudo?.captions.get(item.id);
    return suggested === undefined ? item : { ...item, suggested };
  });
  const { model, image, caption, captionTexts } = embeddings;
  let checked: Promise<void> | undefined;
  return {
    ...{ model, dataset: embeddings.dataset, items, concepts: dataset.concepts },
    ...{ image, caption, captionTexts },
    ...(pseudo && { inputs: { pseudoCaptions: pseudo.manifest.sha256 } }),
    pseudoCaptioned: pseudo?.captions.size ?? 0,
    notEncoded: embeddings.images.failed ?? [],
    async readImage(place) {
      // A version that exists already is found without reading an image.
      await (checked ??= checkDatasetFiles(dataset, ['originals.bin']));
      const item = dataset.items[ordinals[place]];
      const bytes = await readImageBytes(dataset, item).catch((cause: Error) => {
        const problem = `${item.id}: ${cause.message}; prepare ${dataset.dir} again`;
        throw new DiptychError('unreadable_source', problem, {}, { cause });
      });
      return { bytes, type: item.image.type };
    },
  };
}

function checkDataset(
  embeddings: Embeddings,
  dataset: PreparedDataset,
  dirs: { readonly embeddings: string; readonly data: string },
): void {
  const { count, failed = [] } = embeddings.images;
  const expected = `${count + failed.length} items, fingerprint ${embeddings.dataset.fingerprint}`;
  const got = `${dataset.items.length} items, fingerprint ${dataset.manifest.fingerprint}`;
  if (expected === got) return;
  throw new DiptychError(
    'not_prepared',
    `${dirs.data}: expected the data set of ${dirs.embeddings} (${expected}), got ${got}: run diptych encode again`,
  );
}
