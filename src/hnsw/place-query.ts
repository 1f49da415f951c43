import type { VectorFileHeader } from '../version/format.ts';
import type { FilePlanes } from './file-planes.ts';
import { codeQueryBits, quantiseCodeQuery, quantiseQuery } from './quantise-query.ts';
import type { SearcherScratch } from '../version/searcher-memory.ts';

/** How integer scores of codes become cosines: `constant + step * score`. */
export interface CodeScores {
  readonly constant: number;
  readonly step: number;
}

/**
 * Multiply a query by the scales and write it where the kernel reads it: as floats for re-scoring
 * and as integers for the walk.
 *
 * @param query - [dim], unit length
 */
export function placeQuery(
  query: Float32Array,
  buffer: ArrayBuffer,
  { stride, codeStride, dim }: VectorFileHeader,
  { centre, codeScales, scales, residualScales }: FilePlanes,
  scratch: SearcherScratch,
  queryBits: number,
): CodeScores {
  const floats = new Float32Array(buffer, scratch.floatQuery, 2 * stride).fill(0);
  for (let j = 0; j < dim && scales.length > 0; j++) floats[j] = query[j]! * scales[j]!;
  for (let j = 0; j < dim && residualScales.length > 0; j++) {
    floats[stride + j] = query[j]! * residualScales[j]!;
  }
  if (codeScales.length === 0) {
    const Target = queryBits === 7 ? Int8Array : Int16Array;
    quantiseQuery(floats.subarray(0, stride), new Target(buffer, scratch.query, stride));
    return { constant: 0, step: 0 };
  }
  const folded = query.map((value, j) => value * codeScales[j]!);
  const rows = new Uint8Array(buffer, scratch.query, codeQueryBits * codeStride);
  const step = quantiseCodeQuery(folded, rows);
  // q x = q centre + sum of folded * (2 bit - 1)
  let constant = 0;
  for (let j = 0; j < dim; j++) constant += query[j]! * centre[j]! - folded[j]!;
  return { constant, step: 2 * step };
}
