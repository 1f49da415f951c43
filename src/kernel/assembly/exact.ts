// Float32 inner products. Node uses them, the edge never loads them. Rows have `stride` floats, a
// multiple of 16.

// @ts-ignore: decorator
@inline
function product(x: usize, query: usize, rowBytes: usize): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let j: usize = 0; j < rowBytes; j += 64) {
    const row = x + j;
    const q = query + j;
    a = f32x4.add(a, f32x4.mul(v128.load(row), v128.load(q)));
    b = f32x4.add(b, f32x4.mul(v128.load(row, 16), v128.load(q, 16)));
    c = f32x4.add(c, f32x4.mul(v128.load(row, 32), v128.load(q, 32)));
    d = f32x4.add(d, f32x4.mul(v128.load(row, 48), v128.load(q, 48)));
  }
  const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const half = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  return f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1);
}

/** Inner products of one query with `count` vectors: the exact search that annRecallAtK compares with. */
export function products(query: usize, vectors: usize, count: u32, stride: u32, out: usize): void {
  const rowBytes = (<usize>stride) << 2;
  for (let i: u32 = 0; i < count; i++) {
    store<f32>(out, product(vectors, query, rowBytes));
    out += 4;
    vectors += rowBytes;
  }
}

/** Inner products of row `id` with the rows that `count` ids name. */
export function rowProducts(
  id: u32,
  vectors: usize,
  ids: usize,
  count: u32,
  stride: u32,
  out: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  const query = vectors + (<usize>id) * rowBytes;
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    const row = vectors + (<usize>load<u32>(ids + i)) * rowBytes;
    store<f32>(out + i, product(row, query, rowBytes));
  }
}

/** Whether row `id` has a product above `score` with any of the rows that `count` ids name. */
export function anyAbove(
  id: u32,
  vectors: usize,
  ids: usize,
  count: u32,
  stride: u32,
  score: f32,
): bool {
  const rowBytes = (<usize>stride) << 2;
  const query = vectors + (<usize>id) * rowBytes;
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    const row = vectors + (<usize>load<u32>(ids + i)) * rowBytes;
    if (product(row, query, rowBytes) > score) return true;
  }
  return false;
}
