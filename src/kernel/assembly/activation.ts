// Activations of hidden layers, in place over `count` numbers, a multiple of 4.

/** e^x of 4 numbers to 2e-7 of itself: 2^n times a polynomial in the rest (Cephes, expf). */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.max(f32x4.min(x, f32x4.splat(88)), f32x4.splat(-87.3));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // n ln 2 is subtracted in two parts, of which the first is exact.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, 1.3981999507e-3);
  p = madd(p, r, 8.3334519073e-3);
  p = madd(p, r, 4.1665795894e-2);
  p = madd(p, r, 1.6666665459e-1);
  p = madd(p, r, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

// @ts-ignore: decorator
@inline
function madd(x: v128, y: v128, add: f32): v128 {
  return f32x4.add(f32x4.mul(x, y), f32x4.splat(add));
}

// @ts-ignore: decorator
@inline
function times(x: v128, factor: f32): v128 {
  return f32x4.mul(x, f32x4.splat(factor));
}

/** x / (1 + e^-y) */
// @ts-ignore: decorator
@inline
function gated(x: v128, y: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp4(f32x4.neg(y))));
}

export function relu(count: usize, at: usize): void {
  for (const end = at + (count << 2); at < end; at += 16) {
    v128.store(at, f32x4.max(v128.load(at), f32x4.splat(0)));
  }
}

/** x sigmoid(1.702 x) */
export function quickGelu(count: usize, at: usize): void {
  for (const end = at + (count << 2); at < end; at += 16) {
    const x = v128.load(at);
    v128.store(at, gated(x, times(x, 1.702)));
  }
}

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); 0.5 (1 + tanh y) is sigmoid(2 y). */
export function geluTanh(count: usize, at: usize): void {
  for (const end = at + (count << 2); at < end; at += 16) {
    const x = v128.load(at);
    const cubic = f32x4.mul(x, madd(f32x4.mul(x, x), f32x4.splat(0.044715), 1));
    v128.store(at, gated(x, times(cubic, 1.5957691216)));
  }
}

/** 0.5 x (1 + erf(x / sqrt 2)), erf after Abramowitz and Stegun, 7.1.26 (1.5e-7). */
export function gelu(count: usize, at: usize): void {
  for (const end = at + (count << 2); at < end; at += 16) {
    const x = v128.load(at);
    const z = times(f32x4.abs(x), 0.7071067812);
    const one = f32x4.splat(1);
    const t = f32x4.div(one, madd(z, f32x4.splat(0.3275911), 1));
    let p = madd(t, f32x4.splat(1.061405429), -1.453152027);
    p = madd(p, t, 1.421413741);
    p = madd(p, t, -0.284496736);
    p = madd(p, t, 0.254829592);
    const rest = f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(z, z))));
    const erf = f32x4.sub(one, rest);
    // x erf(x / sqrt 2) is |x| erf(|x| / sqrt 2).
    v128.store(at, times(f32x4.add(x, f32x4.mul(f32x4.abs(x), erf)), 0.5));
  }
}
