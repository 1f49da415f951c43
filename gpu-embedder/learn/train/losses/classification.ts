import { z } from 'zod';
import { l2Normalise } from '../../model/layers.ts';
import type { Parameters } from '../../model/parameters.ts';
import type { Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { captionTargets, imageTargets } from '../batch/class-targets.ts';
import { mixImages } from '../batch/mix-images.ts';
import { cosines, softTargetCrossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';
import type { BaseStage } from './stage-fields.ts';
import { fixedScale, stageFields, stageOf } from './stage-fields.ts';

export const prototypesName = 'class_prototypes';
export const wordPrototypesName = 'word_prototypes';

const schema = stageOf('classification', {
  train: stageFields.train.refine(
    (towers) => towers.length === 1,
    'classification trains one tower: ["image"] or ["text"]',
  ),
  scale: fixedScale,
  /** Share of the images that are mixed with another image; their targets are mixed as well. */
  mix: z.number().min(0).max(1).default(0),
  /** Weight of the loss that classifies the words of the captions, beside that of the concepts. */
  wordWeight: z.number().nonnegative().default(0),
}).refine(({ train, mix }) => mix === 0 || train[0] === 'image', {
  path: ['mix'],
  error: 'classification text does not mix images: expected 0',
});

type ClassificationStage = z.infer<typeof schema>;

/**
 * Cosine classification of concepts or labels. A stage of images learns one prototype for each class.
 * A later stage of captions moves them towards these prototypes.
 */
export const classification = {
  name: 'classification',
  schema,
  needsClasses: true,
  towers: ({ train }) => train,
  graph({ train: [modality], batch, scale, wordWeight }, { p, classes, words, embed }) {
    const g = p.graph;
    const embeddings = embed(modality);
    const embedDim = embeddings.shape[1];
    // Captions do not move the prototypes that the images have learnt.
    const scope: Parameters = modality === 'image' ? p : p.frozen();
    const tell = (name: string, rows: number, targets: string): Value => {
      const initial = { std: 1 / Math.sqrt(embedDim) };
      const prototypes = scope.get(name, [rows, embedDim], initial, { decay: false });
      const wanted = g.input(targets, [batch, rows]);
      return prototypeCrossEntropy(p, embeddings, prototypes, wanted, scale);
    };
    const loss = tell(prototypesName, classes, 'targets');
    if (wordWeight === 0 || words === 0) return loss;
    const wordLoss = tell(wordPrototypesName, words, 'wordTargets');
    return op.Add(g, loss, op.Mul(g, wordLoss, wordWeight));
  },
  batch({ train, batch, mix, wordWeight }, draw) {
    const tellsWords = wordWeight > 0;
    // Every item has words to learn, but only items that share a concept or label have a class.
    const items = tellsWords ? draw.items() : draw.classItems();
    if (train[0] === 'text') {
      const captions = draw.captions(items);
      const targets = captionTargets(draw.set, captions, items, tellsWords);
      return { ...draw.texts(captions), ...targets };
    }
    const targets = imageTargets(draw.set, items, tellsWords);
    const images = draw.images(items);
    if (mix > 0 && images.pixels instanceof Float32Array) {
      const mixable = { pixels: images.pixels, targets: Object.values(targets) };
      mixImages(mixable, batch, draw.imageSize, mix, draw.random);
    }
    return { ...images, ...targets };
  },
  missing({ train, wordWeight }, earlier) {
    if (train[0] === 'image') return null;
    const ofImages = earlier.filter(isClassification).filter((stage) => stage.train[0] === 'image');
    if (ofImages.length === 0) {
      return 'classifies captions: expected an earlier stage that classifies images';
    }
    if (wordWeight > 0 && !ofImages.some((stage) => stage.wordWeight > 0)) {
      return 'has wordWeight: expected an earlier stage that classifies images with wordWeight';
    }
    return null;
  },
} satisfies Loss<ClassificationStage>;

const isClassification = (stage: BaseStage): stage is ClassificationStage =>
  stage.loss === 'classification';

/**
 * Cosine classification against one learnable unit vector a class.
 *
 * @param embeddings - [rows, embedDim], unit length
 * @param prototypes - [classes, embedDim], normalised here
 * @param targets - [rows, classes], rows sum to 1
 */
export function prototypeCrossEntropy(
  p: Parameters,
  embeddings: Value,
  prototypes: Value,
  targets: Value,
  scale: number,
): Value {
  const logits = op.Mul(p.graph, cosines(p, embeddings, l2Normalise(p, prototypes)), scale);
  return softTargetCrossEntropy(p, logits, targets);
}
