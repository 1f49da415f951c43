import { join } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import type { Suggestion } from '../../../src/search/keywords/build-keyword-index.ts';
import { withFolderLock } from '../../common/folder-lock.ts';
import {
  openDataset,
  readDatasetManifest,
  type PreparedDataset,
} from '../../data/prepared/read-dataset.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { hashModel, readModelFiles } from '../../common/model-folder/model-files.ts';
import type { SessionOptions } from '../../learn/onnx/session.ts';
import { isCaptioned } from './captioned-items.ts';
import { embedSides, type Side } from './embed-sides.ts';
import {
  findPseudoCaptions,
  pseudoCaptionFiles,
  writePseudoCaptions,
  type Origin,
  type PseudoCaptionsManifest,
} from '../../data/prepared/pseudo-captions.ts';
import { findNeighbours, suggestCaptions } from './suggest-captions.ts';
import type { SuggestionSettings } from './suggestion-settings.ts';

export interface CaptionCorpusOptions extends SessionOptions {
  /** Prepared data set whose pictures need captions. */
  readonly data: string;
  /** Prepared data set with captions; those of its training split are used. */
  readonly from: string;
  /** Model folder, or the id of a hub model. */
  readonly model: string;
  readonly settings: SuggestionSettings;
  /** Folders that `encode` wrote for `data` and for `from`; without one, items are embedded here. */
  readonly embeddings?: string;
  readonly fromEmbeddings?: string;
}

export interface CaptionCorpusResult extends PseudoCaptionsManifest {
  readonly file: string;
  /** Whether the captions already existed. */
  readonly unchanged: boolean;
}

/**
 * Give each picture without captions the captions of its nearest captioned pictures, in a file in
 * the folder of the data set. Does nothing if the file already exists for the same inputs.
 *
 * @throws DiptychError `not_prepared`, `unreadable_model`, `model_mismatch`, `folder_in_use`
 */
export async function captionCorpus(options: CaptionCorpusOptions): Promise<CaptionCorpusResult> {
  readDatasetManifest(options.data);
  return withFolderLock(options.data, { command: 'diptych caption-corpus', beside: true }, () =>
    captionUnlocked(options),
  );
}

async function captionUnlocked(options: CaptionCorpusOptions): Promise<CaptionCorpusResult> {
  const { data, from } = options;
  const file = join(data, pseudoCaptionFiles.lines);
  const origin = await collectOrigin(options);
  const known = await findPseudoCaptions(data, origin);
  if (known !== undefined) return { file, unchanged: true, ...known };

  const dataset = openDataset(data);
  const source = from === data ? dataset : openDataset(from);
  const pictures = { dataset, items: uncaptioned(dataset), stored: options.embeddings };
  const captioned = {
    dataset: source,
    items: captionSources(source),
    stored: options.fromEmbeddings,
  };
  const suggested =
    pictures.items.length === 0
      ? new Map<number, Suggestion[]>()
      : await suggest(pictures, captioned, origin, options);
  const lines = pictures.items.map((ordinal) => ({
    id: dataset.items[ordinal].id,
    captions: (suggested.get(ordinal) ?? []).map(({ text, confidence }) => ({
      text,
      confidence: rounded(confidence),
    })),
  }));
  const manifest = await writePseudoCaptions(data, origin, lines, captioned.items.length);
  return { file, unchanged: false, ...manifest };
}

/** @returns suggestions by the ordinal of the picture; one without an embedding has none */
async function suggest(
  pictures: Side,
  captioned: Side,
  origin: Origin,
  { model: dir, threads, device, settings }: CaptionCorpusOptions,
): Promise<Map<number, Suggestion[]>> {
  const model = { dir, hash: origin.model.hash };
  const sides = await embedSides(model, { pictures, captioned }, { threads, device });
  const { neighbours } = settings;
  const found = await findNeighbours(sides.pictures, sides.captioned, neighbours, threads);
  const suggestions = suggestCaptions(found, settings);
  return new Map(sides.pictures.items.map((ordinal, i) => [ordinal, suggestions[i]]));
}

/** Collect the inputs that decide the captions, without loading anything large. */
async function collectOrigin({
  data,
  from,
  model,
  settings,
}: CaptionCorpusOptions): Promise<Origin> {
  const identify = (dir: string) => {
    const { name, fingerprint } = readDatasetManifest(dir);
    return { name, fingerprint };
  };
  const [dataset, source] = [identify(data), identify(from)];
  const dir = await modelDir(model);
  const files = await readModelFiles(dir);
  const { id } = describeModel(files, dir === model ? undefined : model);
  const { neighbours, temperature, minConfidence, captions } = settings;
  return {
    formatVersion: 1,
    model: { id, hash: await hashModel(files) },
    dataset,
    source,
    settings: { neighbours, temperature, minConfidence, captions },
  };
}

function uncaptioned(dataset: PreparedDataset): number[] {
  return ordinals(dataset).filter((ordinal) => !isCaptioned(dataset, dataset.items[ordinal]));
}

/** List the captioned items to use: only training items, because held-out ones must stay unseen. */
function captionSources(dataset: PreparedDataset): number[] {
  const found = ordinals(dataset).filter((ordinal) => {
    const item = dataset.items[ordinal];
    return item.split === 'train' && isCaptioned(dataset, item);
  });
  if (found.length > 0) return found;
  throw new DiptychError(
    'not_prepared',
    `${dataset.dir}: expected captioned pictures in the training split, got none among ${dataset.items.length} items; name a data set that has some with --from`,
  );
}

const ordinals = ({ items }: PreparedDataset): number[] => [...items.keys()];

const rounded = (confidence: number): number => Number(confidence.toFixed(4));
