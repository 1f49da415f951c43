import { sha256Hex } from '../../../common/sha256-hex.ts';
import { singleCaptions } from '../batch/captions.ts';
import type { TrainingSet } from '../batch/training-set.ts';
import { lossOf, type Stage } from '../losses/loss-table.ts';
import { stageLabel } from '../recipe/config.ts';

/** When this share of the images has one and the same caption, little can be learnt from captions. */
const nearlyAll = 0.9;
/** At most this many bytes of pixels are compared: a second of reading. */
const comparedBytes = 256 * 1024 * 1024;

/**
 * Find what makes a run teach little or nothing, although it would end well.
 *
 * @param wanted - the stages as the recipe has them; `fitted` has batches that fit the data
 */
export function trainingWarnings(
  set: TrainingSet,
  wanted: readonly Stage[],
  fitted: readonly Stage[],
): string[] {
  const readsCaptions = fitted.some((stage) => lossOf(stage).towers(stage).includes('text'));
  return [
    ...fitted.flatMap((stage, i) => batchWarnings(stage, wanted[i].batch, set.training.length)),
    ...(readsCaptions ? captionWarnings(set) : []),
    ...labelWarnings(set),
    ...equalImages(set),
  ];
}

function batchWarnings(stage: Stage, wanted: number, images: number): string[] {
  const label = stageLabel(stage);
  const shrunk =
    stage.batch === wanted
      ? []
      : [`${label}: there are ${images} training images, so a batch has ${stage.batch}, not ${wanted}`]; // prettier-ignore
  // Such a loss compares the pairs of a batch with each other. One pair has nothing to differ from.
  const isAlone = stage.batch === 1 && !lossOf(stage).needsClasses;
  return isAlone
    ? [...shrunk, `${label}: a batch of 1 teaches nothing, because nothing is there to compare with; expected at least 2`] // prettier-ignore
    : shrunk;
}

function captionWarnings({ dataset, training, subjects, subjectOf }: TrainingSet): string[] {
  const images = new Map<string, number>();
  for (const i of training) {
    const captions = singleCaptions(dataset.items[i], subjects[subjectOf[i]].concept);
    const distinct = new Set(captions.map((caption) => caption.toLowerCase()));
    if (distinct.size !== 1) continue;
    const [only] = distinct;
    images.set(only, (images.get(only) ?? 0) + 1);
  }
  const [caption, count] = mostFrequent(images);
  if (count < nearlyAll * training.length) return [];
  return [
    `${ofAll(count, training.length)} one and the same caption, ${JSON.stringify(caption)}: ` +
      'nothing tells these images apart',
  ];
}

function labelWarnings({ dataset, training }: TrainingSet): string[] {
  const labels = new Set(training.map((i) => dataset.items[i].label));
  const [label] = labels;
  if (labels.size !== 1 || label === undefined) return [];
  return [
    `${ofAll(training.length, training.length)} the label ${JSON.stringify(label)}: one class cannot be told from another`,
  ];
}

function equalImages({ dataset, training, picture }: TrainingSet): string[] {
  const most = Math.floor(comparedBytes / (4 * dataset.manifest.imageSize ** 2));
  const compared = training.slice(0, most);
  const firstOf = new Map<string, number>();
  const pairs: (readonly [number, number])[] = [];
  for (const i of compared) {
    const hash = sha256Hex(picture(i).pixels);
    const first = firstOf.get(hash);
    if (first === undefined) firstOf.set(hash, i);
    else pairs.push([first, i]);
  }
  if (pairs.length === 0) return [];
  const [first, second] = pairs[0].map((i) => dataset.items[i].id);
  return [
    `${pairs.length} of ${compared.length} training images have the same pixels as one before them, e.g. ${second} as ${first}`,
  ];
}

const ofAll = (count: number, images: number): string =>
  count === images ? `all ${images} training images have` : `${count} of ${images} training images have`; // prettier-ignore

function mostFrequent(counts: ReadonlyMap<string, number>): readonly [string, number] {
  let best: readonly [string, number] = ['', 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best;
}
