import { weightsFormat } from '../../../src/version/weights-format.ts';
import type {
  TextTowerHeader,
  TowerHeader,
  VitHeader,
} from '../../../src/version/weights-format.ts';
import { DiptychError } from '../../../src/errors.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';
import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import { readPreprocessing } from '../../../src/image/preprocessing.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import type { ModelDescription } from '../../common/model-folder/model-description.ts';
import type { ModelFiles } from '../../common/model-folder/model-files.ts';
import { padTokenId } from '../../common/model-folder/tokenise-texts.ts';
import type { EdgeWeightSource } from './edge-weights.ts';
import { NotUnderstood } from './hub-towers/not-understood.ts';
import { readTextTower } from './hub-towers/read-text-tower.ts';
import { readVitTower } from './hub-towers/read-vit-tower.ts';
import { openTowerGraph } from './hub-towers/tower-graph.ts';
import type { Weights } from './hub-towers/tower-weights.ts';
import { packMatrix, packRows } from './pack-weights.ts';
import { writeTower } from './write-tower.ts';
import type { Packing } from './write-tower.ts';

/**
 * Derive the weights of a CLIP or SigLIP of the hub. A tower of another structure is left out.
 *
 * @throws DiptychError `unreadable_model`: a file is damaged
 */
export async function openHubWeights(files: ModelFiles): Promise<EdgeWeightSource> {
  const model = describeModel(files);
  const { id, embedDim, imageSize, contextLength, logitScale } = model;
  const text = await derive(() => textWeights(files, model), files.textModel);
  const image = await derive(() => imageWeights(files, model), files.visionModel);
  return {
    description: {
      ...{ id, embedDim, imageSize, contextLength, logitScale },
      preprocessing: readPreprocessing(files.preprocessor),
    },
    text: text.weights,
    image: image.weights,
    notUnderstood: {
      ...(text.problem === undefined ? {} : { text: text.problem }),
      ...(image.problem === undefined ? {} : { image: image.problem }),
    },
  };
}

/** To tell whether a tower is understood takes as long as to read it, so it is read at once. */
async function derive(
  read: () => Promise<Uint8Array<ArrayBuffer>>,
  path: string,
): Promise<{ readonly weights: EdgeWeightSource['text']; readonly problem?: string }> {
  try {
    const bytes = await read();
    return { weights: async () => bytes };
  } catch (cause) {
    if (!(cause instanceof NotUnderstood)) throw cause;
    return { weights: null, problem: `${path}: ${cause.message}` };
  }
}

async function textWeights(
  files: ModelFiles,
  { embedDim, contextLength }: ModelDescription,
): Promise<Uint8Array<ArrayBuffer>> {
  // `readModelFiles` has checked the schema of tokenizer.json.
  const json = files.tokenizer as unknown as TokenizerJson;
  const tokenizer = createTokenizer(json, { contextLength });
  const [start = null, end = null] = [tokenizer.start.at(0), tokenizer.end.at(-1)];
  const graph = await openTowerGraph(files.textModel, 'text');
  const tower = await readTextTower(graph, { contextLength, end });
  const { weights, padded, ...shape } = tower;
  requireDim(files.textModel, tower.embedDim, embedDim);
  const padding = padded ? padTokenId(files) : null;
  const header: TextTowerHeader = { tower: 'text', ...shape, contextLength, padding, start, end };
  return write(header, weights);
}

async function imageWeights(
  files: ModelFiles,
  { embedDim, imageSize }: ModelDescription,
): Promise<Uint8Array<ArrayBuffer>> {
  const graph = await openTowerGraph(files.visionModel, 'image');
  const { weights, causal: _, ...shape } = await readVitTower(graph, imageSize);
  requireDim(files.visionModel, shape.embedDim, embedDim);
  const { rescale, mean, std } = readPreprocessing(files.preprocessor);
  const header: VitHeader = {
    tower: 'image',
    kind: 'vit',
    ...shape,
    imageSize,
    rescale,
    mean,
    std,
  };
  return write(header, weights);
}

function requireDim(path: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new DiptychError(
    'unreadable_model',
    `${path}: expected embeddings of ${expected} numbers, as config.json says, got ${got}`,
  );
}

function write(header: TowerHeader, weights: Weights): Uint8Array<ArrayBuffer> {
  const packings = [...weights].map(([name, { shape }]) => packingOf(name, shape));
  return writeTower(header, (name) => weights.get(name)!.data, packings);
}

function packingOf(name: string, shape: readonly number[]): Packing {
  const [rows, columns] = shape;
  if (name === 'token_embedding.weight')
    return { name, shape, pack: (data) => packRows(data, rows, columns) };
  const isMatrix = shape.length === 2 && name !== 'position_embedding.weight';
  const { columns: panel } = weightsFormat.panel;
  if (isMatrix && columns % panel)
    throw new NotUnderstood(name, `a multiple of ${panel} columns, got ${columns}`);
  return isMatrix
    ? { name, shape, pack: (data) => packMatrix(data, rows, columns) }
    : { name, shape };
}
