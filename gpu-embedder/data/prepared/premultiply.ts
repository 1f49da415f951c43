/** Multiply the colour of RGBA8 pixels by their alpha, in place. */
export function premultiply(pixels: Uint8Array): Uint8Array {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3];
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c++) pixels[c] = Math.round((pixels[c] * alpha) / 255);
  }
  return pixels;
}
