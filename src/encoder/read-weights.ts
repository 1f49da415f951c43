import { DiptychError } from '../errors.ts';
import { checksum } from './checksum.ts';
import { weightsFormat } from '../version/weights-format.ts';
import type { StoredHeader, TowerHeader } from '../version/weights-format.ts';

/**
 * Read the header of a weights file after checking that the file is whole.
 *
 * @param file - 4-byte aligned in its buffer
 * @throws DiptychError `unreadable_model`, saying what was expected and what was found
 */
export function readWeights<Tower extends TowerHeader['tower']>(
  file: Uint8Array,
  tower: Tower,
): Extract<StoredHeader, { tower: Tower }> {
  const { magic, version, offsets } = weightsFormat;
  const fail = (what: string, expected: string | number, got: string | number): never => {
    throw new DiptychError(
      'unreadable_model',
      `${tower} weights: ${what}: expected ${expected}, got ${got}`,
      { expected, got },
    );
  };
  if (file.byteLength < offsets.header) {
    fail('bytes', `at least ${offsets.header}`, file.byteLength);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found = new TextDecoder().decode(file.subarray(0, magic.length));
  if (found !== magic) fail('magic', JSON.stringify(magic), JSON.stringify(found));
  const fileVersion = view.getUint32(offsets.version, true);
  if (fileVersion !== version) {
    const remedy = ' (publish the collection again: that derives the weights anew)';
    fail('format version', version, `${fileVersion}${remedy}`);
  }
  const fileBytes = view.getUint32(offsets.fileBytes, true);
  if (fileBytes !== file.byteLength) fail('bytes', fileBytes, file.byteLength);
  const stored = view.getUint32(offsets.checksum, true);
  const start = file.byteOffset + offsets.headerBytes;
  const words = new Uint32Array(file.buffer, start, (fileBytes - offsets.headerBytes) / 4);
  const actual = checksum(words);
  if (actual !== stored) fail('checksum', stored, actual);

  const headerBytes = view.getUint32(offsets.headerBytes, true);
  const json = file.slice(offsets.header, offsets.header + headerBytes);
  const header = JSON.parse(new TextDecoder().decode(json)) as StoredHeader;
  if (header.tower !== tower) fail('tower', tower, header.tower);
  return header as Extract<StoredHeader, { tower: Tower }>;
}
