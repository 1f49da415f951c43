import type { Parameters } from '../../model/parameters.ts';
import type { Value } from '../../onnx/graph.ts';
import type { Caption } from '../batch/captions.ts';
import type { TrainingSet } from '../batch/training-set.ts';
import type { Loss } from './loss.ts';
import type { BaseStage } from './stage-fields.ts';
import { imagesPerConcept, stageOf } from './stage-fields.ts';

type PairStage<Name extends string> = BaseStage<Name> & { readonly imagesPerConcept: number };

/**
 * A loss over the pairs of a batch.
 *
 * @param images - [batch, embedDim], unit length; `texts` likewise
 * @param scale - [1], log space
 * @param positives - [batch, batch], 1 where text j describes image i, else 0
 */
type PairwiseLoss = (
  p: Parameters,
  images: Value,
  texts: Value,
  scale: Value,
  positives: Value,
) => Value;

/** Make the module of a loss that compares every image of a batch with every caption. */
export function pairLoss<Name extends string>(name: Name, loss: PairwiseLoss) {
  return {
    name,
    schema: stageOf(name, { imagesPerConcept }),
    needsClasses: false,
    towers: () => ['image', 'text'],
    graph({ batch }, { p, embed, logitScale: initial }) {
      const [images, texts] = [embed('image'), embed('text')];
      const scale = logitScale(p, initial);
      return loss(p, images, texts, scale, p.graph.input('positives', [batch, batch]));
    },
    batch(stage, draw) {
      const items = draw.itemsByConcept(stage.imagesPerConcept);
      const captions = draw.captions(items);
      const positives = positivesOf(items, captions, draw.set);
      return { ...draw.images(items), ...draw.texts(captions), positives };
    },
  } satisfies Loss<PairStage<Name>>;
}

/** Learnable temperature in log space; the trainer clamps it. */
export function logitScale(p: Parameters, initial: number): Value {
  return p.get('logit_scale', [1], { value: initial }, { decay: false });
}

/** Write 1 where text j describes image i: they have one subject, or its pool has all parts of the text. */
function positivesOf(
  items: readonly number[],
  captions: readonly Caption[],
  { subjectOf, describedSubjects }: TrainingSet,
): Float32Array {
  const batch = items.length;
  const rowsOf = new Map<number, number[]>();
  items.forEach((item, i) => {
    const rows = rowsOf.get(subjectOf[item]);
    if (rows) rows.push(i);
    else rowsOf.set(subjectOf[item], [i]);
  });
  const positives = new Float32Array(batch * batch);
  captions.forEach((caption, j) => {
    for (const subject of [subjectOf[items[j]], ...describedSubjects(caption)]) {
      for (const i of rowsOf.get(subject) ?? []) positives[i * batch + j] = 1;
    }
  });
  return positives;
}
