const side = 16;
/** From 0 (black) to 255 (white): darker ink cannot be seen on a dark card. */
const darkLuma = 80;

/** Says whether a picture is dark ink on a transparent ground, which vanishes on a dark card. */
export function isDarkInk(image: HTMLImageElement): boolean {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  context.drawImage(image, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  let inked = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(at, at + 4);
    if (alpha < 32) continue;
    inked++;
    if (0.299 * red + 0.587 * green + 0.114 * blue > darkLuma) return false;
  }
  return inked > 0 && inked < side * side;
}
