import { z } from 'zod';
import type { Parameters } from '../../model/parameters.ts';
import type { Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { cosines, softTargetCrossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';
import { fixedScale, stageFields, stageOf } from './stage-fields.ts';

const several = 'expected at least 2';

const schema = stageOf('supervised-contrastive', {
  train: stageFields.train.refine((towers) => towers.join() === 'image', 'expected ["image"]'),
  imagesPerConcept: z.number(several).int().min(2, several),
  scale: fixedScale,
});

/** Images of one concept or label attract each other. Captions are not used. */
export const supervisedContrastive = {
  name: 'supervised-contrastive',
  schema,
  needsClasses: true,
  towers: () => ['image'],
  graph({ batch, scale }, { p, embed }) {
    return contrastImages(p, embed('image'), p.graph.input('positives', [batch, batch]), scale);
  },
  batch(stage, draw) {
    const items = draw.itemsByConcept(stage.imagesPerConcept);
    const classes = items.map((item) => draw.set.classOf[item]);
    return { ...draw.images(items), positives: othersOfClass(classes) };
  },
} satisfies Loss<z.infer<typeof schema>>;

/** Make [rows, rows] with 1 for two different rows of one class. */
function othersOfClass(classes: readonly number[]): Float32Array {
  const rows = classes.length;
  const positives = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      if (i !== j && classes[i] === classes[j]) positives[i * rows + j] = 1;
    }
  }
  return positives;
}

/**
 * Supervised contrastive loss (SupCon, arXiv:2004.11362, eq. 2): the other images of its concept
 * are the positives of an image, all others its negatives.
 *
 * @param images - [batch, embedDim], unit length
 * @param positives - [batch, batch], 1 for two images of one concept, 0 on the diagonal; no empty row
 */
export function contrastImages(
  p: Parameters,
  images: Value,
  positives: Value,
  scale: number,
): Value {
  const g = p.graph;
  const { shape, dtype } = positives;
  const [self] = g.append('EyeLike', [positives], {}, [{ shape, dtype }]);
  const logits = op.Sub(
    g,
    op.Mul(g, cosines(p, images, images), scale),
    op.Mul(g, self, 1e4), // exp of it is 0
  );
  const targets = op.Div(g, positives, op.ReduceSum(g, positives, [1]));
  return softTargetCrossEntropy(p, logits, targets);
}
