/** What decodes and scales uploads: the Images binding, or a stand-in of its shape. */
export interface ImageScaler {
  input(image: ReadableStream<Uint8Array>): ScalerInput;
}

export interface ScalerInput {
  /** Fit the image into a box of as many pixels. */
  transform(size: { width: number; height: number; fit: 'contain' }): {
    output(options: { format: 'image/png' }): Promise<{ image(): ReadableStream<Uint8Array> }>;
  };
}
