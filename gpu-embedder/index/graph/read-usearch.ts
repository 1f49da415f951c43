import type { HnswGraph } from '../../../src/version/graph.ts';
import { DiptychError } from '../../../src/errors.ts';

const magic = 'usearch';
const headBytes = 64;
/** `scalar_kind_t` of index_plugins.hpp. */
const kinds = { u64: 14, u32: 15 } as const;

/** The fields before the nodes, and the places of the nodes. */
interface Layout {
  readonly view: DataView;
  readonly count: number;
  readonly M: number;
  readonly maxLevel: number;
  readonly entrySlot: number;
  /** [count], by slot. */
  readonly levels: Uint16Array;
  /** [count + 1], by slot: where each node begins. */
  readonly starts: Float64Array;
}

/**
 * Read the graph of a file that usearch saved (`save_to_stream` of index_dense.hpp and index.hpp).
 *
 *     0      u32 count, vectorBytes
 *     8      count x byte[vectorBytes]                                       by slot
 *     head   "usearch", u16 major, minor, patch, u8 metric, scalar, keyKind, slotKind,
 *            u64 present, deleted, dim, u8 multi, zero to 64
 *     +64    u64 count, M, M0, maxLevel, entrySlot
 *     +104   count x i16 level
 *            count x {u64 key, i16 level, u32 degree, u32[M0] links, level x {u32 degree, u32[M] links}}
 *
 * A node has a slot, which links refer to, and a key, which is its ordinal here. Threads that insert
 * at the same time take slots in any order. Sometimes they link a node to itself; such a link is left
 * out.
 *
 * @param efConstruction - the value that the graph was built with, which the file does not hold
 * @throws DiptychError index_unreadable if it is not a complete index of vectors of `dim` numbers
 */
export function readUsearch(file: Uint8Array, dim: number, efConstruction: number): HnswGraph {
  const layout = readLayout(file, dim);
  const { count, M, maxLevel, levels } = layout;
  const keys = readKeys(layout);
  const slotOf = new Uint32Array(count);
  for (let slot = 0; slot < count; slot++) slotOf[keys[slot]] = slot;

  const linkStarts = new Uint32Array(count + 1);
  const upperStarts = new Uint32Array(count + 1);
  const links: number[] = [];
  const upperLinks: number[] = [];
  for (let key = 0; key < count; key++) {
    const slot = slotOf[key];
    for (const link of linksOf(layout, slot, 0)) links.push(keys[link]);
    linkStarts[key + 1] = links.length;
    for (let level = 1; level <= levels[slot]; level++) {
      const ids = linksOf(layout, slot, level).map((link) => keys[link]);
      upperLinks.push(ids.length, ...ids);
      for (let rest = ids.length; rest < M; rest++) upperLinks.push(0);
    }
    upperStarts[key + 1] = upperStarts[key] + levels[slot];
  }
  return {
    count,
    M,
    efConstruction,
    entryPoint: count > 0 ? keys[layout.entrySlot] : 0,
    maxLevel,
    linkStarts,
    links: Uint32Array.from(links),
    upperStarts,
    upperLinks: Uint32Array.from(upperLinks),
  };
}

/** Read everything before the nodes, and check that the file has the size that follows from it. */
function readLayout(file: Uint8Array, dim: number): Layout {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = (at: number) => Number(view.getBigUint64(at, true));
  atLeast(8, file);
  const count = view.getUint32(0, true);
  const head = 8 + count * view.getUint32(4, true);
  const graph = head + headBytes;
  const levelsAt = graph + 40;
  atLeast(levelsAt + 2 * count, file);
  const found = new TextDecoder('latin1').decode(file.subarray(head, head + magic.length));
  check('magic', magic, found);
  check('kind of keys', kinds.u64, view.getUint8(head + 15));
  check('kind of slots', kinds.u32, view.getUint8(head + 16));
  check('vectors present', count, size(head + 17));
  check('vectors deleted', 0, size(head + 25));
  check('dim', dim, size(head + 33));
  check('nodes', count, size(graph));
  const M = size(graph + 8);
  check('links on level 0', 2 * M, size(graph + 16));
  const maxLevel = size(graph + 24);
  const entrySlot = size(graph + 32);

  const levels = new Uint16Array(count);
  const starts = new Float64Array(count + 1);
  starts[0] = levelsAt + 2 * count;
  for (let slot = 0; slot < count; slot++) {
    const level = view.getInt16(levelsAt + 2 * slot, true);
    inRange(`level of slot ${slot}`, level, maxLevel + 1);
    levels[slot] = level;
    starts[slot + 1] = starts[slot] + 10 + (4 + 8 * M) + level * (4 + 4 * M);
  }
  check('bytes', starts[count], file.byteLength);
  if (count > 0) {
    inRange('entry slot', entrySlot, count);
    check('level of the entry slot', maxLevel, levels[entrySlot]);
  }
  return { view, count, M, maxLevel, entrySlot, levels, starts };
}

/** Read the key of each slot: the numbers below `count` in some order. */
function readKeys({ view, count, levels, starts }: Layout): Uint32Array {
  const keys = new Uint32Array(count);
  const seen = new Uint8Array(count);
  for (let slot = 0; slot < count; slot++) {
    const key = Number(view.getBigUint64(starts[slot], true));
    inRange(`key of slot ${slot}`, key, count);
    if (seen[key]) throw unreadable(`key ${key}: expected in one slot, got in two`);
    seen[key] = 1;
    keys[slot] = key;
    check(`level of slot ${slot}`, levels[slot], view.getInt16(starts[slot] + 8, true));
  }
  return keys;
}

/** Read the slots that a node links to, without its own. */
function linksOf({ view, count, M, levels, starts }: Layout, slot: number, level: number) {
  const at = starts[slot] + 10 + (level === 0 ? 0 : 4 + 8 * M + (level - 1) * (4 + 4 * M));
  const degree = view.getUint32(at, true);
  inRange(`degree of slot ${slot} on level ${level}`, degree, (level === 0 ? 2 * M : M) + 1);
  const slots: number[] = [];
  for (let j = 0; j < degree; j++) {
    const link = view.getUint32(at + 4 + 4 * j, true);
    inRange(`link of slot ${slot}`, link, count);
    if (levels[link] < level) {
      throw unreadable(
        `link of slot ${slot}: expected a node that is on level ${level}, got one of level ${levels[link]}`,
      );
    }
    if (link !== slot) slots.push(link);
  }
  return slots;
}

function atLeast(bytes: number, file: Uint8Array): void {
  if (file.byteLength >= bytes) return;
  throw unreadable(`expected at least ${bytes} bytes, got ${file.byteLength}`);
}

function inRange(what: string, value: number, end: number): void {
  if (value >= 0 && value < end) return;
  throw unreadable(`${what}: expected 0 to ${end - 1}, got ${value}`);
}

function check(what: string, expected: number | string, got: number | string): void {
  if (expected === got) return;
  throw unreadable(`${what}: expected ${expected}, got ${got}`);
}

function unreadable(problem: string): DiptychError {
  return new DiptychError('index_unreadable', `file of usearch: ${problem}`);
}
