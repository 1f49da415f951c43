import { checksum } from './checksum.ts';
import { align, weightsFormat } from '../version/weights-format.ts';
import type { StoredHeader, Tensor, TensorPlace, TowerHeader } from '../version/weights-format.ts';

/** Write a weights file. */
export function writeWeights(
  header: TowerHeader,
  tensors: ReadonlyMap<string, Tensor>,
): Uint8Array<ArrayBuffer> {
  const { magic, version, offsets } = weightsFormat;
  // The header contains offsets that depend on its own length: leave room for the longest offsets.
  const room = align(offsets.header + encode(header, placeTensors(tensors, 2 ** 31).table).length);
  const { table, end } = placeTensors(tensors, room);
  const json = encode(header, table);
  const file = new Uint8Array(end);
  file.set(new TextEncoder().encode(magic));
  file.set(json, offsets.header);
  for (const [name, { data }] of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), table[name]!.offset);
  }
  const view = new DataView(file.buffer);
  view.setUint32(offsets.version, version, true);
  view.setUint32(offsets.fileBytes, end, true);
  view.setUint32(offsets.headerBytes, json.length, true);
  view.setUint32(offsets.checksum, checksum(new Uint32Array(file.buffer, 16)), true);
  return file;
}

function placeTensors(
  tensors: ReadonlyMap<string, Tensor>,
  start: number,
): { table: Record<string, TensorPlace>; end: number } {
  const table: Record<string, TensorPlace> = {};
  let end = start;
  for (const [name, { shape, data }] of tensors) {
    const type = data instanceof Int8Array ? 'int8' : 'float32';
    table[name] = { type, shape, offset: end };
    end = align(end + data.byteLength);
  }
  return { table, end };
}

function encode(header: TowerHeader, tensors: Record<string, TensorPlace>): Uint8Array {
  const stored: StoredHeader = { ...header, tensors };
  return new TextEncoder().encode(JSON.stringify(stored));
}
