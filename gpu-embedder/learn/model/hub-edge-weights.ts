import { weightsFormat } from '../../../src/version/weights-format.ts';
import type { TowerHeader } from '../../../src/version/weights-format.ts';
import { DiptychError } from '../../../src/errors.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';
import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import type { ModelFiles } from '../../common/model-folder/model-files.ts';
import { padTokenId } from '../../common/model-folder/tokenise-texts.ts';
import type { DeriveWeights, EdgeModelDescription } from './edge-weights.ts';
import { NotUnderstood } from './hub-towers/not-understood.ts';
import { readTextTower } from './hub-towers/read-text-tower.ts';
import { readVitTower } from './hub-towers/read-vit-tower.ts';
import { openTowerGraph } from './hub-towers/tower-graph.ts';
import type { Weights } from './hub-towers/tower-weights.ts';
import { packMatrix, packRows } from './pack-weights.ts';
import { writeTower } from './write-tower.ts';
import type { Packing } from './write-tower.ts';

/**
 * The text tower of a CLIP or SigLIP of the hub, or the node that was not understood.
 *
 * @throws DiptychError `unreadable_model`: the file is damaged
 */
export function hubTextTower(
  files: ModelFiles,
  { embedDim, contextLength }: Pick<EdgeModelDescription, 'embedDim' | 'contextLength'>,
): Promise<DeriveWeights | string> {
  const path = files.textModel;
  return readNow(path, async () => {
    // `readModelFiles` has checked the schema of tokenizer.json.
    const json = files.tokenizer as unknown as TokenizerJson;
    const tokenizer = createTokenizer(json, { contextLength });
    const [start = null, end = null] = [tokenizer.start.at(0), tokenizer.end.at(-1)];
    const graph = await openTowerGraph(path, 'text');
    const { weights, padded, ...shape } = await readTextTower(graph, { contextLength, end });
    requireDim(path, shape.embedDim, embedDim);
    const padding = padded ? padTokenId(files) : null;
    return write({ tower: 'text', ...shape, contextLength, padding, start, end }, weights);
  });
}

/**
 * The image tower of a CLIP or SigLIP of the hub, or the node that was not understood.
 *
 * @throws DiptychError `unreadable_model`: the file is damaged
 */
export function hubImageTower(
  { visionModel: path }: ModelFiles,
  { embedDim, imageSize, preprocessing }: EdgeModelDescription,
): Promise<DeriveWeights | string> {
  return readNow(path, async () => {
    const graph = await openTowerGraph(path, 'image');
    const { weights, ...shape } = await readVitTower(graph, imageSize);
    requireDim(path, shape.embedDim, embedDim);
    const { rescale, mean, std } = preprocessing;
    return write({ tower: 'image', kind: 'vit', ...shape, imageSize, rescale, mean, std }, weights);
  });
}

/** To tell whether a tower is understood takes as long as to read it, so it is read at once. */
async function readNow(
  path: string,
  read: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<DeriveWeights | string> {
  try {
    const bytes = await read();
    return async () => bytes;
  } catch (cause) {
    if (cause instanceof NotUnderstood) return `${path}: ${cause.message}`;
    throw cause;
  }
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
