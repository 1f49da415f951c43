// Exact float32 search, the yardstick of annRecallAtK. Built for Node only; the edge never loads it.

/** Inner products of one query with `count` vectors of `stride` floats (a multiple of 16). */
export function products(query: usize, vectors: usize, count: u32, stride: u32, out: usize): void {
  const rowBytes = (<usize>stride) << 2;
  for (let i: u32 = 0; i < count; i++) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let j: usize = 0; j < rowBytes; j += 64) {
      const x = vectors + j;
      const q = query + j;
      a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(q)));
      b = f32x4.add(b, f32x4.mul(v128.load(x, 16), v128.load(q, 16)));
      c = f32x4.add(c, f32x4.mul(v128.load(x, 32), v128.load(q, 32)));
      d = f32x4.add(d, f32x4.mul(v128.load(x, 48), v128.load(q, 48)));
    }
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    const half = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    store<f32>(out, f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1));
    out += 4;
    vectors += rowBytes;
  }
}
