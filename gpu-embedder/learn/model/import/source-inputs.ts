import { DiptychError } from '../../../../src/errors.ts';
import type { Graph, Value } from '../../onnx/graph.ts';
import type { ModelPort } from '../../onnx/model-proto.ts';
import * as op from '../../onnx/operators/index.ts';
import { toTypedArray } from '../../onnx/operators/data-types.ts';
import { tensor } from '../../onnx/session.ts';
import type { Tensors } from '../../onnx/session.ts';
import type { Modality, TowerInput } from '../tower.ts';
import type { SourceModel } from './source-model.ts';

export interface InputSizes {
  /** Tokens of a text; required for a model that takes any number. */
  readonly sequence?: number;
  /** Side of the image, pixels; required for a model that takes any. */
  readonly imageSize?: number;
}

/** How the inputs of a tower feed those of a model. */
export interface SourceInputs {
  readonly inputs: readonly TowerInput[];
  /** Tensors to probe the model with. */
  feeds(rows: number): Tensors;
  /** @param values - of `inputs`; returns values by the model's names */
  bind(g: Graph, values: readonly Value[]): ReadonlyMap<string, Value>;
}

interface Feed {
  readonly port: ModelPort;
  /** Of one row. */
  readonly shape: readonly number[];
  /** Null means positions, which are the same in every row. */
  readonly name: string | null;
}

const towerNames: Readonly<Record<string, string | null>> = {
  pixel_values: 'pixels',
  input_ids: 'ids',
  attention_mask: 'mask',
  position_ids: null,
};

/**
 * Match the inputs of a model with those of a tower.
 *
 * @throws DiptychError `unreadable_model`, `invalid_option`
 */
export function sourceInputs(
  { path, inputs }: SourceModel,
  modality: Modality,
  sizes: InputSizes,
): SourceInputs {
  const feeds = inputs.map((port): Feed => {
    const name = towerNames[port.name];
    const isImage = port.name === 'pixel_values';
    if (name === undefined || isImage !== (modality === 'image')) {
      const known =
        modality === 'image' ? 'pixel_values' : 'input_ids, attention_mask, position_ids';
      throw new DiptychError(
        'unreadable_model',
        `${path}: expected inputs out of ${known}, got ${port.name}`,
      );
    }
    const size = sizeOfInput(path, port, isImage ? 'imageSize' : 'sequence', sizes);
    return { port, name, shape: isImage ? [3, size, size] : [size] };
  });
  const fed = feeds.filter(({ name }) => name !== null);
  // The order is ids, mask, whatever the order in the file.
  const ordered = fed.sort((a, b) => (a.port.name < b.port.name ? 1 : -1));
  const positions = (rows: number, length: number): number[] =>
    Array.from({ length: rows * length }, (_, i) => i % length);
  return {
    inputs: ordered.map(({ name, shape }) => ({
      name: name!,
      shape,
      dtype: modality === 'image' ? 'float32' : 'int32',
    })),
    feeds: (rows) =>
      Object.fromEntries(
        feeds.map(({ port, name, shape }) => {
          const length = rows * shape.reduce((a, b) => a * b);
          const numbers =
            name === null
              ? positions(rows, shape[0])
              : new Array<number>(length).fill(name === 'pixels' ? 0 : 1);
          const data = toTypedArray(numbers, port.dtype);
          return [port.name, tensor(data, [rows, ...shape], port.dtype)];
        }),
      ),
    bind: (g, values) =>
      new Map([
        ...ordered.map(({ port }, i): [string, Value] => {
          const dtype = port.dtype === 'float16' ? 'float32' : port.dtype;
          return [port.name, op.Cast(g, values[i], dtype)];
        }),
        ...feeds
          .filter(({ name }) => name === null)
          .map(({ port, shape }): [string, Value] => {
            const rows = values[0].shape[0];
            const numbers = positions(rows, shape[0]);
            return [port.name, g.constant(numbers, [rows, ...shape], port.dtype)];
          }),
      ]),
  };
}

function sizeOfInput(
  path: string,
  { name, dims }: ModelPort,
  option: keyof InputSizes,
  sizes: InputSizes,
): number {
  const declared = dims.at(-1);
  const size = sizes[option] ?? declared;
  if (typeof size === 'number' && (typeof declared !== 'number' || declared === size)) return size;
  throw new DiptychError(
    'invalid_option',
    `${path}: ${name}: ${option} expected ${typeof declared === 'number' ? declared : 'a number, since the model takes any'}, got ${sizes[option] ?? 'none'}`,
  );
}
