import { DiptychError } from '../errors.ts';
import {
  codeStrideOf,
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

type Fail = (what: string, expected: string | number, got: string | number) => never;

/**
 * Read the header of a vector file, and check the place and the size of every section.
 *
 * @param file - the bytes of the file; they are not copied
 * @param name - the name of the file in errors
 * @throws DiptychError index_unreadable, which says what was expected and what was found
 */
export function readVectorHeader(file: Uint8Array, name = 'vector file'): VectorFileHeader {
  const fail: Fail = (what, expected, got) => {
    throw new DiptychError(
      'index_unreadable',
      `${name}: ${what}: expected ${expected}, got ${got}`,
      { file: name, expected, got },
    );
  };
  if (file.byteLength < vectorFormat.headerBytes) {
    fail('bytes', `at least ${vectorFormat.headerBytes}`, file.byteLength);
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
  const { count, dim, M, entryPoint } = fields;
  if (fields.formatVersion !== vectorFormat.version) {
    fail('format version', vectorFormat.version, fields.formatVersion);
  }
  if (fields.fileBytes !== file.byteLength) fail('bytes', fields.fileBytes, file.byteLength);
  if (dim < 1 || dim > vectorFormat.maxDim) fail('dim', `1 to ${vectorFormat.maxDim}`, dim);
  if (M < 1 || M > vectorFormat.maxM) fail('M', `1 to ${vectorFormat.maxM}`, M);
  if (count >= vectorFormat.maxCount) fail('count', `less than ${vectorFormat.maxCount}`, count);
  if (count > 0 && entryPoint >= count) fail('entryPoint', `less than ${count}`, entryPoint);

  const sections = readSections(view, fields, fail);
  return { ...fields, stride: strideOf(dim), codeStride: codeStrideOf(dim), sections };
}

function readSections(
  view: DataView,
  { count, dim, M }: Record<HeaderField, number>,
  fail: Fail,
): Record<SectionName, Section> {
  const { tableOffset, entryBytes, headerBytes, alignment } = vectorFormat;
  const sections = {} as Record<SectionName, Section>;
  for (const [i, name] of sectionNames.entries()) {
    const at = tableOffset + entryBytes * i;
    sections[name] = {
      offset: view.getUint32(at, true),
      bytes: view.getUint32(at + 4, true),
      checksum: view.getBigUint64(at + 8, true),
    };
  }
  const planes = {
    codes: sections.codeScales.bytes > 0,
    vectors: sections.scales.bytes > 0,
    residuals: sections.residualScales.bytes > 0,
  };
  if (!planes.codes && !planes.vectors) fail('planes', 'codes or vectors', 'neither');
  if (planes.residuals && !planes.vectors) fail('planes', 'vectors with residuals', 'none');
  const expected = sectionBytes({
    count,
    dim,
    M,
    linkCount: Math.floor(sections.links.bytes / 3),
    uppers: Math.floor(sections.upperNodes.bytes / 4),
    upperRows: Math.floor(sections.upperLinks.bytes / (4 * (1 + M))),
    planes,
  });
  for (const name of sectionNames) {
    const { offset, bytes } = sections[name];
    if (bytes !== expected[name]) fail(`bytes of ${name}`, expected[name], bytes);
    if (bytes === 0) continue;
    if (offset % alignment !== 0 || offset < headerBytes) {
      fail(`offset of ${name}`, `a multiple of ${alignment} from ${headerBytes} on`, offset);
    }
    if (offset + bytes > view.byteLength) {
      fail(`end of ${name}`, `at most ${view.byteLength}`, offset + bytes);
    }
  }
  return sections;
}
