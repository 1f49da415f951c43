import { encode } from 'fast-png';
import { scalePixels } from '../src/image/scale-pixels.ts';
import { imageFaults, type ImageScaler } from '../workers/images/image-scaler.ts';

/** Scales uploads like the Images binding of a worker, with the decoders of the browser. */
export const browserScaler: ImageScaler = {
  input: (image) => ({
    transform: (size) => ({
      async output() {
        const decoded = await decodePixels(await new Response(image).blob());
        const { width, height } = size;
        const png = encode({ width, height, data: scalePixels(decoded, size), channels: 4 });
        return { image: () => new Blob([png as Uint8Array<ArrayBuffer>]).stream() };
      },
    }),
  }),
};

/** @returns RGBA8, alpha not multiplied */
async function decodePixels(image: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(image).catch((cause: unknown) => {
    const error = new Error('the browser cannot decode the image', { cause });
    throw Object.assign(error, { code: imageFaults.notAnImage });
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser gives no canvas to a worker');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}
