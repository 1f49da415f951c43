/** Decodes and scales uploads: the Images binding, or a stand-in with the same methods. */
export interface ImageScaler {
  input(image: ReadableStream<Uint8Array>): ScalerInput;
}

export interface ScalerInput {
  /** Scale the image to fit into a box, pixels. */
  transform(size: { width: number; height: number; fit: 'contain' }): {
    output(options: { format: 'image/png' }): Promise<{ image(): ReadableStream<Uint8Array> }>;
  };
}
