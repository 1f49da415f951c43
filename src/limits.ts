const mebibyte = 1024 * 1024;
const imageBytes = 10 * mebibyte;
const fieldBytes = 512 * 1024;

/**
 * How large an image, a text or a body may be, at every door. A larger one is refused with
 * `payload_too_large`. Among many inputs of one request, only the large one fails. Where two doors
 * have different limits for the same thing, a comment says why.
 */
export const limits = {
  /**
   * Width times height of an image: a small file can claim a size that fills the memory. Who decodes
   * it may have to hold it whole, which is 400 MB of RGBA. The Images service has the same limit.
   */
  imagePixels: 100_000_000,
  /**
   * File of an image, bytes. A worker has 128 MB for the file, its base64 and its request together.
   */
  imageBytes,
  /** The same at an embedder: a server has more memory, and its clients do not shrink images. */
  embedderImageBytes: 32 * mebibyte,
  /**
   * Memory of all images that a process decodes at the same time, bytes. Further ones wait; one that
   * needs more is decoded alone.
   */
  decodeBytes: 512 * mebibyte,
  /**
   * What it may take to draw an SVG in Node: seconds of a processor, and bytes of memory. A small file
   * can ask for any number of strokes. A map of 10 MB takes 2 seconds and 250 MB.
   */
  drawSeconds: 5,
  drawBytes: 512 * mebibyte,
  /** Member of a tar shard, bytes. `prepare` holds it in memory; it need not be an image. */
  tarMemberBytes: 256 * mebibyte,
  /** A text that is a query, a label or an input of an embedder, UTF-16 units. */
  textCharacters: 10_000,

  /** All fields of a request or an item except its image, bytes. */
  fieldBytes,
  /** A form that has an image, bytes. */
  formBytes: imageBytes + fieldBytes,
  /** A request or a line of NDJSON with an image, bytes: base64 writes 3 bytes as 4. */
  jsonBytes: Math.ceil(imageBytes / 3) * 4 + fieldBytes,
  /** The longest time in which no byte of a request comes, milliseconds. */
  bodyIdleMs: 30_000,
  /** Parts of a form: the fields, and as many labels as a request may have. */
  formParts: 1100,
  /** Values of the JSON of a query: its fields, a vector and labels. More take long to check. */
  queryValues: 10_000,
  /**
   * Items of one request, and bytes of its body. NDJSON takes more, because it is read by lines.
   */
  batchItems: 1000,
  batchBytes: 64 * mebibyte,
  /** Values of the JSON of such a request: captions, tags and what the metadata hold. */
  batchValues: 500_000,

  /** Body of a request to an embedder, bytes. */
  embedderBodyBytes: 64 * mebibyte,
  /** All bodies that an embedder holds at the same time, bytes. */
  embedderQueuedBytes: 512 * mebibyte,
  /** Answer of an embedder in JSON, bytes. */
  embedderJsonBytes: mebibyte,

  /** Largest object that is put in one request, bytes. Cloudflare takes 100 MB. */
  objectBytes: 64 * mebibyte,
  /** Size of the parts of a larger object, bytes. R2 wants parts of equal size, at least 5 MiB. */
  objectPartBytes: 50 * mebibyte,
  /** Body of the request that ends an upload in parts and lists them, bytes. */
  partListBytes: 2 * mebibyte,
} as const;
