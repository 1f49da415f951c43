import type { HnswGraph } from '../../../src/version/graph.ts';
import { DiptychError } from '../../../src/errors.ts';

/**
 * Read the graph of a file that hnswlib saved (`saveIndex` of hnswalg.h); labels are the ordinals.
 *
 *     0    u64 offsetLevel0, maxElements, count, elementBytes, labelOffset, dataOffset
 *     48   i32 maxLevel, u32 entryPoint
 *     56   u64 maxM, maxM0, M, f64 mult, u64 efConstruction
 *     96   count x {u16 degree, u16 flags, u32[maxM0] links, f32[dim] vector, u64 label}
 *          count x {u32 bytes, levels x {u16 degree, u16 flags, u32[maxM] links}}
 *
 * hnswlib numbers elements in the order of insertion. Here that is the order of labels, which is
 * checked.
 */
export function readHnswlib(file: Uint8Array, dim: number): HnswGraph {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = (at: number) => Number(view.getBigUint64(at, true));
  const count = size(16);
  const elementBytes = size(24);
  const labelOffset = size(32);
  const M = size(72);
  const M0 = size(64);
  check('element bytes', 4 + 4 * M0 + 4 * dim + 8, elementBytes);
  const linkStarts = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const at = 96 + i * elementBytes;
    check(`label of element ${i}`, i, size(at + labelOffset));
    linkStarts[i + 1] = linkStarts[i] + view.getUint16(at, true);
  }
  const links = new Uint32Array(linkStarts[count]);
  for (let i = 0; i < count; i++) {
    const at = 96 + i * elementBytes + 4;
    for (let j = linkStarts[i]; j < linkStarts[i + 1]; j++) {
      links[j] = view.getUint32(at + 4 * (j - linkStarts[i]), true);
    }
  }
  const upperStarts = new Uint32Array(count + 1);
  const upperLinks: number[] = [];
  let at = 96 + count * elementBytes;
  for (let i = 0; i < count; i++) {
    const levels = view.getUint32(at, true) / (4 + 4 * M);
    at += 4;
    upperStarts[i + 1] = upperStarts[i] + levels;
    for (let level = 0; level < levels; level++, at += 4 + 4 * M) {
      const degree = view.getUint16(at, true);
      upperLinks.push(degree);
      for (let j = 0; j < M; j++) {
        upperLinks.push(j < degree ? view.getUint32(at + 4 + 4 * j, true) : 0);
      }
    }
  }
  check('bytes', at, file.byteLength);
  return {
    count,
    M,
    efConstruction: size(88),
    entryPoint: count > 0 ? view.getUint32(52, true) : 0,
    maxLevel: count > 0 ? view.getInt32(48, true) : 0,
    linkStarts,
    links,
    upperStarts,
    upperLinks: Uint32Array.from(upperLinks),
  };
}

function check(what: string, expected: number, got: number): void {
  if (expected === got) return;
  const message = `file of hnswlib: ${what}: expected ${expected}, got ${got}`;
  throw new DiptychError('index_unreadable', message);
}
