import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { DiptychError } from '../../../../src/errors.ts';
import type { TensorMessage } from '../../onnx/onnx-schema.ts';

/**
 * Read the data of a tensor that lies in a file of its own beside the model (`model.onnx_data`).
 *
 * @param model - path of the ONNX file
 * @throws DiptychError `unreadable_model`: there is no such file beside the model, or it is too short
 */
export function withData(message: TensorMessage, model: string): TensorMessage {
  if (message.dataLocation !== 1) return message;
  const entries = new Map(message.externalData?.map(({ key, value }) => [key, value]));
  const location = normalize(entries.get('location') ?? '');
  const refuse = (expected: string, cause?: unknown): DiptychError =>
    new DiptychError(
      'unreadable_model',
      `${model}: tensor ${message.name}: expected ${expected}, got ${JSON.stringify(location)}`,
      undefined,
      { cause },
    );
  // A model of the hub must not read other files of this machine.
  if (isAbsolute(location) || location.startsWith('..')) throw refuse('a file beside the model');
  const [offset, length] = ['offset', 'length'].map((key) => Number(entries.get(key) ?? 0));
  const rawData = new Uint8Array(length);
  let file: number;
  try {
    file = openSync(join(dirname(model), location), 'r');
  } catch (cause) {
    throw refuse('a file that can be read', cause);
  }
  try {
    if (readSync(file, rawData, 0, length, offset) < length)
      throw refuse(`${length} bytes from ${offset} on`);
  } finally {
    closeSync(file);
  }
  return { name: message.name, dims: message.dims, dataType: message.dataType, rawData };
}
