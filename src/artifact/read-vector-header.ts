import { DiptychError } from '../errors.ts';
import {
  headerOffsets,
  sectionBytes,
  sectionNames,
  strideOf,
  vectorFormat,
  type HeaderField,
  type Section,
  type SectionName,
  type VectorFileHeader,
} from './format.ts';

/**
 * Read the header of a vector file and check that every section lies where it may.
 *
 * @param file - the file's bytes, no copy is made
 * @param name - names the file in errors
 * @throws DiptychError index_unreadable, saying what was expected and what was found
 */
export function readVectorHeader(file: Uint8Array, name = 'vector file'): VectorFileHeader {
  const fail = (what: string, expected: string | number, got: string | number): never => {
    throw new DiptychError(
      'index_unreadable',
      `${name}: ${what}: expected ${expected}, got ${got}`,
      { file: name, expected, got },
    );
  };
  const { headerBytes, checksumBytes } = vectorFormat;
  if (file.byteLength < headerBytes + checksumBytes) {
    fail('bytes', `at least ${headerBytes + checksumBytes}`, file.byteLength);
  }
  const magic = String.fromCharCode(...file.subarray(0, vectorFormat.magic.length));
  if (magic !== vectorFormat.magic) {
    fail('magic', JSON.stringify(vectorFormat.magic), JSON.stringify(magic));
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const fields = {} as Record<HeaderField, number>;
  for (const [field, offset] of Object.entries(headerOffsets)) {
    fields[field as HeaderField] = view.getUint32(offset, true);
  }
  const { count, dim, M, stride, entryPoint } = fields;
  if (fields.formatVersion !== vectorFormat.version) {
    fail('format version', vectorFormat.version, fields.formatVersion);
  }
  if (fields.fileBytes !== file.byteLength) fail('bytes', fields.fileBytes, file.byteLength);
  if (dim < 1 || dim > vectorFormat.maxDim) fail('dim', `1 to ${vectorFormat.maxDim}`, dim);
  if (stride !== strideOf(dim)) fail(`stride of dim ${dim}`, strideOf(dim), stride);
  if (M < 1 || M > vectorFormat.maxM) fail('M', `1 to ${vectorFormat.maxM}`, M);
  if (count >= 2 ** 31) fail('count', 'less than 2147483648', count);
  if (count > 0 && entryPoint >= count) fail('entryPoint', `less than ${count}`, entryPoint);

  const sections = {} as Record<SectionName, Section>;
  for (const [i, section] of sectionNames.entries()) {
    const at = vectorFormat.tableOffset + 8 * i;
    sections[section] = { offset: view.getUint32(at, true), bytes: view.getUint32(at + 4, true) };
  }
  const expected = sectionBytes({
    count,
    stride,
    M,
    linkCount: Math.floor(sections.links.bytes / 4),
    upperRows: Math.floor(sections.upperLinks.bytes / (4 * (1 + M))),
    residual: sections.residualScales.bytes > 0,
  });
  for (const section of sectionNames) {
    const { offset, bytes } = sections[section];
    if (bytes !== expected[section]) fail(`bytes of ${section}`, expected[section], bytes);
    if (bytes === 0) continue;
    if (offset % vectorFormat.alignment !== 0 || offset < headerBytes) {
      fail(`offset of ${section}`, `a multiple of 64 from ${headerBytes} on`, offset);
    }
    if (offset + bytes > file.byteLength - checksumBytes) {
      fail(`end of ${section}`, `at most ${file.byteLength - checksumBytes}`, offset + bytes);
    }
  }
  return { ...fields, sections };
}
