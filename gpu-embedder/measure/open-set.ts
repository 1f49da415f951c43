import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { preparePictograms } from '../data/pictograms/prepare-pictograms.ts';
import { openDataset, type PreparedDataset } from '../data/prepared/read-dataset.ts';

/** Folder of the whole pictogram corpus, if it has been prepared. */
const corpus = '.diptych/data/pictograms';

/** Open the prepared data set that holds a pictogram set; prepare only this set if none does. */
export async function openSet(set: string): Promise<PreparedDataset> {
  if (existsSync(join(corpus, 'dataset.json'))) {
    const dataset = openDataset(corpus);
    if (dataset.items.some((item) => item.set === set)) return dataset;
  }
  const { dir } = await preparePictograms({ out: `.diptych/data/${set}`, sets: [set] });
  return openDataset(dir);
}
