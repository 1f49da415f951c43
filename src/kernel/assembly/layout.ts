// Where the host has put a vector file (src/version/format.ts) and the scratch of a search.

export let count: u32, stride: usize, codeStride: usize, M: u32;
export let entryPoint: u32, entryPlace: u32, maxLevel: u32;
export let vectors: usize, residuals: usize, sums: usize, codes: usize;
export let linkStarts: usize, links: usize;
export let upperNodes: usize, upperStarts: usize, upperLinks: usize;
export let visited: usize, filter: usize, query: usize, floatQuery: usize;
export let ids: usize, scores: usize, pool: usize;

/** `place` is the position of `entry` in `upperNodes`; it is not used if `levels` is 0. */
export function configure(
  n: u32,
  rowBytes: u32,
  codeBytes: u32,
  m: u32,
  entry: u32,
  place: u32,
  levels: u32,
): void {
  count = n;
  stride = rowBytes;
  codeStride = codeBytes;
  M = m;
  entryPoint = entry;
  entryPlace = place;
  maxLevel = levels;
}

/** A section that the file lacks is at address 0. */
export function placeVectors(codesAt: usize, vectorsAt: usize, sumsAt: usize, residualsAt: usize): void {
  codes = codesAt;
  vectors = vectorsAt;
  sums = sumsAt;
  residuals = residualsAt;
}

export function placeGraph(
  linkStartsAt: usize,
  linksAt: usize,
  upperNodesAt: usize,
  upperStartsAt: usize,
  upperLinksAt: usize,
): void {
  linkStarts = linkStartsAt;
  links = linksAt;
  upperNodes = upperNodesAt;
  upperStarts = upperStartsAt;
  upperLinks = upperLinksAt;
}

export function placeScratch(
  visitedAt: usize,
  filterAt: usize,
  queryAt: usize,
  floatQueryAt: usize,
  idsAt: usize,
  scoresAt: usize,
  poolAt: usize,
): void {
  visited = visitedAt;
  filter = filterAt;
  query = queryAt;
  floatQuery = floatQueryAt;
  ids = idsAt;
  scores = scoresAt;
  pool = poolAt;
}

// @ts-ignore: decorator
@inline
export function word(base: usize, index: u32): u32 {
  return load<u32>(base + ((<usize>index) << 2));
}
