/**
 * Lay RGBA pixels over white.
 *
 * @param rgba - RGBA8
 * @param options.premultiplied - whether colours are already multiplied by alpha, as in pixels.bin
 * @returns RGB8
 */
export function overWhite(
  rgba: Uint8Array,
  { premultiplied = false }: { readonly premultiplied?: boolean } = {},
): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    const white = 255 - alpha;
    for (let colour = 0; colour < 3; colour++) {
      const value = rgba[from + colour]!;
      const own = premultiplied ? value : Math.round((value * alpha) / 255);
      rgb[to + colour] = Math.min(255, own + white);
    }
  }
  return rgb;
}
