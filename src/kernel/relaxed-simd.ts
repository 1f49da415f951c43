import { validate } from './webassembly.ts';

/** A module whose one function is `i16x8.relaxed_dot_i8x16_i7x16_s` of two constants. */
const probe = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // function of type 0
  ...[0x0a, 0x0f, 0x01, 0x0d, 0x00], // code, no locals
  ...[0x41, 0x00, 0xfd, 0x0f], // i32.const 0, i8x16.splat
  ...[0x41, 0x00, 0xfd, 0x0f],
  ...[0xfd, 0x92, 0x02, 0x0b], // relaxed dot, end
);

/** Tell whether the runtime takes `search-relaxed.wasm`; Node 20 does with `--experimental-wasm-relaxed-simd`. */
export function hasRelaxedSimd(): boolean {
  return validate(probe);
}
