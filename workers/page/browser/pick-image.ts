import type { PickedImage } from '../state/view.ts';

/** Larger images are shrunk here: the model sees a few hundred pixels at most. */
const maxSide = 768;
const maxBytes = 1024 * 1024;
/** Side at which a vector image is drawn. */
const vectorSide = 512;

/**
 * Makes an upload of a file: a photo is shrunk and an SVG drawn, so that three requests with it
 * stay small. A file that the browser cannot draw is sent unchanged: the server says what is wrong.
 */
export async function pickImage(file: File): Promise<PickedImage> {
  const url = URL.createObjectURL(file);
  const name = file.name || 'pasted image';
  const isVector = file.type === 'image/svg+xml';
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    return { name, url, blob: file };
  }
  const longest = Math.max(image.naturalWidth, image.naturalHeight, 1);
  if (!isVector && longest <= maxSide && file.size <= maxBytes) return { name, url, blob: file };
  const scale = isVector ? vectorSide / longest : Math.min(1, maxSide / longest);
  const drawn = await draw(image, scale);
  return { name, url, blob: drawn ?? file };
}

function draw(image: HTMLImageElement, scale: number): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  const context = canvas.getContext('2d');
  if (!context) return Promise.resolve(null);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
