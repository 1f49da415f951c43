import {
  captionsOf,
  checkDatasetFiles,
  openDataset,
  readImageBytes,
} from '../../data/prepared/read-dataset.ts';
import type { Source } from '../../data/readers/source.ts';

/** Read the items of a prepared data set as a source, with the captions that results show. */
export function datasetItems(dir: string): Source {
  const dataset = openDataset(dir);
  const { manifest, items } = dataset;
  return {
    kind: manifest.kind,
    names: [manifest.name],
    key: manifest.fingerprint,
    progress: { label: 'items', total: items.length },
    async *entries(onProgress) {
      await checkDatasetFiles(dataset, ['originals.bin']);
      for (const [i, item] of items.entries()) {
        onProgress(i);
        const { id, title, set, label, tags = [] } = item;
        const bytes = await readImageBytes(dataset, item);
        const captions = captionsOf(dataset, item);
        yield { where: `item ${id}`, id, title, set, label, tags, captions, image: { bytes } };
      }
    },
  };
}
