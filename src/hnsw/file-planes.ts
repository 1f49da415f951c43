import type { SectionName, VectorFileHeader } from '../version/format.ts';
import type { WasmMemory } from '../kernel/webassembly.ts';

/** Views of the vectors of a file (src/version/format.ts); a plane that the file lacks is empty. */
export interface FilePlanes {
  readonly centre: Float32Array;
  readonly codeScales: Float32Array;
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly vectors: Int8Array;
  readonly residualScales: Float32Array;
  readonly residuals: Int8Array;
}

export function openPlanes(
  { buffer }: Pick<WasmMemory, 'buffer'>,
  { sections }: VectorFileHeader,
  fileOffset: number,
): FilePlanes {
  const floats = (name: SectionName) =>
    new Float32Array(buffer, fileOffset + sections[name].offset, sections[name].bytes / 4);
  const bytes = (name: SectionName) =>
    [buffer, fileOffset + sections[name].offset, sections[name].bytes] as const;
  return {
    centre: floats('centre'),
    codeScales: floats('codeScales'),
    scales: floats('scales'),
    residualScales: floats('residualScales'),
    codes: new Uint8Array(...bytes('codes')),
    vectors: new Int8Array(...bytes('vectors')),
    residuals: new Int8Array(...bytes('residuals')),
  };
}

/** Restore the vector `id`, [dim], from the most precise planes that the file has. */
export function dequantise(
  planes: FilePlanes,
  id: number,
  { dim, stride, codeStride }: VectorFileHeader,
): Float32Array {
  const { centre, codeScales, scales, residualScales, codes, vectors, residuals } = planes;
  const result = new Float32Array(dim);
  if (scales.length === 0) {
    return result.map((_, j) => {
      const bit = (codes[id * codeStride + (j >> 3)]! >> (j & 7)) & 1;
      return centre[j]! + (bit ? codeScales[j]! : -codeScales[j]!);
    });
  }
  for (let j = 0; j < dim; j++) result[j] = vectors[id * stride + j]! * scales[j]!;
  if (residualScales.length === 0) return result;
  for (let j = 0; j < dim; j++) result[j]! += residuals[id * stride + j]! * residualScales[j]!;
  return result;
}
