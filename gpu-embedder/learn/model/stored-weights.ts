import { readFile } from 'node:fs/promises';
import { DiptychError } from '../../../src/errors.ts';
import { readModel } from '../onnx/model-proto.ts';
import { fromFloat16 } from '../onnx/float16.ts';

/** Gets a weight by name and checks that it has this shape. */
export type WeightSource = (name: string, shape: readonly number[]) => Float32Array;

/**
 * Open the named weights (float16 or float32 initialisers) of an ONNX file.
 *
 * @throws DiptychError `unreadable_model`, here or later for a weight that is not as expected
 */
export async function openStoredWeights(path: string): Promise<WeightSource> {
  const { initializers } = readModel(await readFile(path));
  return (name, shape) => {
    const fail = (got: string): never => {
      throw new DiptychError(
        'unreadable_model',
        `${path}: initialiser ${name}: expected float16 or float32 [${shape.join(', ')}], got ${got}`,
      );
    };
    const found = initializers.get(name);
    if (found === undefined) return fail('none of that name');
    const { dtype, data } = found;
    if (found.shape.join() !== shape.join()) fail(`${dtype} [${found.shape.join(', ')}]`);
    if (dtype === 'float16') return fromFloat16(data as Uint16Array);
    return dtype === 'float32' ? (data as Float32Array) : fail(dtype);
  };
}
