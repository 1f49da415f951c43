import { basename } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import { titleOf } from '../../../src/items/title.ts';
import { withFolderLock } from '../../common/folder-lock.ts';
import { progressBar } from '../../common/progress.ts';
import { datasetWriter, type NewImage, type NewItem } from '../prepared/dataset-writer.ts';
import { chooseImageFit, fitImage, storedRule, type ImageFit } from '../prepared/image-fit.ts';
import { prepareResult, type PrepareResult } from './prepare-result.ts';
import { datasetFormatVersion } from '../prepared/prepared.ts';
import { inputKeyOf, reuseDataset } from './reuse-dataset.ts';
import type { Skip, Source, SourceItem } from '../readers/source.ts';
import { sourceEntries } from '../readers/source-entries.ts';
import { splitChooser } from './split-items.ts';

export interface PrepareOptions {
  readonly out: string;
  /** Side of an image, pixels. */
  readonly imageSize?: number;
  /** Folder or hub id of a model whose image size and resize rule are used. */
  readonly forModel?: string;
  /** Share (below 1) or number of items to hold out, among the items without a split. */
  readonly validation?: number;
}

/** Increase it whenever the code makes another data set of the same sources. */
const codeVersion = 4;

/** Images held and decoded concurrently; sharp decodes on libuv's threads. */
const inFlight = 16;
/** Bytes of images that are read and not yet decoded, at most one image more. */
const inFlightBytes = 64 * 1024 ** 2;

/**
 * Prepare the images of a source: read, decode and write a few at a time.
 *
 * Does nothing when the data set already exists and was made from the same source. Closes the
 * source.
 *
 * @throws DiptychError unreadable_source - also when no image can be used; folder_in_use
 */
export async function prepareSource(
  source: Source,
  options: PrepareOptions,
): Promise<PrepareResult> {
  try {
    return await withFolderLock(options.out, { command: 'diptych prepare', beside: true }, () =>
      prepareEntries(source, options),
    );
  } finally {
    source.close?.();
  }
}

async function prepareEntries(
  source: Source,
  { out, imageSize, forModel, validation = 0 }: PrepareOptions,
): Promise<PrepareResult> {
  const fit = await chooseImageFit(imageSize, forModel);
  const imageRule = fit.rule && storedRule(fit.rule);
  const inputKey = inputKeyOf({
    codeVersion,
    datasetFormatVersion,
    kind: source.kind,
    imageSize: fit.imageSize,
    imageRule,
    validation,
    source: source.key,
  });
  const reused = await reuseDataset(out, inputKey);
  if (reused !== undefined) return reused;

  const skipped: Skip[] = [];
  const undecided: number[] = [];
  const split = splitChooser(validation);
  let prepared = 0;
  const writer = await datasetWriter(out, source.kind, fit.imageSize);
  const { label, total } = source.progress;
  const progress = progressBar(label, total);
  try {
    const entries = sourceEntries(source, (done) => progress.update(done, `${prepared} images`));
    for await (const batch of batches(entries, skipped)) {
      for (const result of await Promise.all(batch.map((item) => decode(item, fit)))) {
        if ('code' in result) {
          skipped.push(result);
          continue;
        }
        const { entry, item, image, pixels } = result;
        if (entry.split === undefined) {
          undecided.push(prepared);
          split.add(entry.id);
        }
        await writer.add(item, image, pixels);
        prepared += 1;
      }
    }
    if (prepared === 0) throw nothingPrepared(source, skipped);
    const manifest = await writer.finish({
      concepts: [],
      sources: source.names.map((name) => ({ name })),
      skipped,
      inputKey,
      imageRule,
      heldOut: new Set([...split.chosen()].map((chosen) => undecided[chosen])),
    });
    const report = { inputs: prepared + skipped.length, prepared, skipped };
    return prepareResult(out, manifest, report, false);
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    progress.stop();
  }
}

/** Group items into batches; skipped inputs go to `skipped`. */
async function* batches(
  entries: AsyncIterable<SourceItem | Skip>,
  skipped: Skip[],
): AsyncGenerator<readonly SourceItem[]> {
  let batch: SourceItem[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    if ('code' in entry) skipped.push(entry);
    else {
      batch.push(entry);
      if ('bytes' in entry.image) bytes += entry.image.bytes.length;
    }
    if (batch.length === inFlight || bytes >= inFlightBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

async function decode(
  entry: SourceItem,
  fit: ImageFit,
): Promise<Skip | { entry: SourceItem; item: NewItem; image: NewImage; pixels: Uint8Array }> {
  const source = 'file' in entry.image ? entry.image.file : entry.image.bytes;
  try {
    const { pixels, type, ...size } = await fitImage(source, fit);
    const item = { ...newItem(entry), ...size };
    return { entry, item, image: { ...entry.image, type }, pixels };
  } catch (error) {
    const name = typeof source === 'string' ? `${basename(source)}: ` : '';
    const reason = `${name}${(error as Error).message.split('\n')[0]}`;
    return { where: entry.where, reason, code: 'broken_image' };
  }
}

function newItem(item: SourceItem): NewItem {
  const { id, captions, tags, label, split = 'train' } = item;
  return {
    id,
    title: titleOf(item),
    captions,
    tags,
    ...(label && { label }),
    palette: 'colour',
    split,
  };
}

/** Explain why a source gave no image, with an example of each reason. */
function nothingPrepared({ names }: Source, skipped: readonly Skip[]): DiptychError {
  const examples = new Map<string, { count: number; example: Skip }>();
  for (const skip of skipped) {
    const count = (examples.get(skip.code)?.count ?? 0) + 1;
    examples.set(skip.code, { example: skip, ...examples.get(skip.code), count });
  }
  const reasons = [...examples].map(
    ([code, { count, example }]) => `${count} ${code} (${example.where}: ${example.reason})`,
  );
  const source = names.length > 3 ? `${names[0]} … ${names.at(-1)}` : names.join(', ');
  const why = reasons.length === 0 ? 'it is empty' : `skipped: ${reasons.join(', ')}`;
  return new DiptychError('unreadable_source', `${source}: no image to prepare; ${why}`, {
    skipped: skipped.length,
  });
}
