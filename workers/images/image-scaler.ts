/**
 * Decodes and scales uploads: the Images binding, or a stand-in with the same methods. If the image
 * is to blame for a failure, the error has a code of {@link imageFaults}.
 */
export interface ImageScaler {
  input(image: ReadableStream<Uint8Array>): ScalerInput;
}

export interface ScalerInput {
  /** Scale the image to fit into a box, pixels. */
  transform(size: { width: number; height: number; fit: 'contain' }): {
    output(options: { format: 'image/png' }): Promise<{ image(): ReadableStream<Uint8Array> }>;
  };
}

/**
 * Codes with which the Images service says that the image is bad, as Cloudflare documents them. All
 * others, and errors without a code, say nothing about the image.
 */
export const imageFaults = { notAnImage: 9412, tooManyPixels: 9413, notSupported: 9520 } as const;
