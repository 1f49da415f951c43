import { DiptychError } from '../../../../src/errors.ts';
import type { Modality, Tower } from '../tower.ts';
import type { TowerParts } from './build-tower.ts';
import { buildTower } from './build-tower.ts';
import { findBlocks } from './find-blocks.ts';
import { findHead } from './find-head.ts';
import type { Probe } from './probe-model.ts';
import { probeModel } from './probe-model.ts';
import type { InputSizes } from './source-inputs.ts';
import { sourceInputs } from './source-inputs.ts';
import type { SourceModel } from './source-model.ts';
import { readSourceModel } from './source-model.ts';
import { tokenIdLimit } from './token-id-limit.ts';
import type { TrainChoice } from './trained-weights.ts';
import { chooseWeights } from './trained-weights.ts';
import type { ImportedWeight } from './weights.ts';
import { adapter, identityAdapter, parameterName, readWeights, splitWeights } from './weights.ts';

/** A tower that was read from an ONNX file. Our rules differentiate it. */
export interface ImportedTower extends Tower {
  /** All weights that the embeddings depend on, by parameter name. `get` passes on these very arrays. */
  readonly weights: ReadonlyMap<string, ImportedWeight>;
  /** Names of the layers, first to last. */
  readonly blocks: readonly string[];
  /** Token ids must be smaller than this number of rows of the token table; null without a table. */
  readonly tokenIdLimit: number | null;
  /**
   * Choose the weights that train; all others are frozen.
   *
   * @throws DiptychError `invalid_graph`: an operator on the way has no gradient rule; the message says
   *   what can be trained
   */
  choose(train: TrainChoice): ImportedTower;
}

/**
 * Import a tower of a model folder (ours, or a CLIP or SigLIP export). All of it trains until `choose`.
 *
 * The model is run to learn its shapes. Its nodes are then copied into each graph that uses the tower.
 *
 * @throws DiptychError `unreadable_model`, `invalid_option`
 */
export async function openImportedTower(
  onnxPath: string,
  modality: Modality,
  sizes: InputSizes = {},
): Promise<ImportedTower> {
  const { source, bytes } = await readSourceModel(onnxPath, modality);
  const fed = sourceInputs(source, modality, sizes);
  const probe = await probeModel(source, bytes, fed.feeds);
  const cut = findHead(source, probe);
  const embedDim = widthOf(source, probe, source.output);
  const split = splitWeights(source, cut);
  const stored = readWeights(source, [...split.features, ...split.head]);
  const parts: TowerParts = {
    source,
    probe,
    modality,
    fed,
    cut,
    featureWidth: cut ? widthOf(source, probe, cut.features) : embedDim,
    embedDim,
    split: cut ? split : { ...split, head: new Set(Object.values(adapter)) },
    weights: cut ? stored : new Map([...stored, ...identityAdapter(embedDim)]),
  };
  return importedTower(parts, new Set(parts.weights.keys()));
}

function widthOf(source: SourceModel, probe: Probe, name: string): number {
  const shape = probe.shape(name, 2);
  if (shape.length === 2 && shape[0] === 2) return shape[1];
  throw new DiptychError(
    'unreadable_model',
    `${source.path}: ${name}: expected [rows, width], got [${shape.join(', ')}] for 2 rows`,
  );
}

function importedTower(parts: TowerParts, trained: ReadonlySet<string>): ImportedTower {
  const { source, modality, weights } = parts;
  return {
    ...buildTower(parts, trained),
    weights: new Map([...weights].map(([name, weight]) => [parameterName(modality, name), weight])),
    blocks: [...findBlocks(source).keys()],
    tokenIdLimit: tokenIdLimit(source),
    choose: (train) => importedTower(parts, chooseWeights(parts, train)),
  };
}
