const mebibyte = 1024 * 1024;
const imageBytes = 10 * mebibyte;
const fieldBytes = 512 * 1024;

/**
 * How large an image, a text or a body may be, wherever one comes in. What is larger is refused with
 * `payload_too_large`; one input of many fails alone. Where two limits of one thing differ, the
 * reason stands beside them.
 */
export const limits = {
  /**
   * Width times height of an image that is prepared, ingested or encoded, since a small file can
   * claim a size that fills the memory. Node decodes it, whole where it must: 400 MB of RGBA.
   */
  imagePixels: 100_000_000,
  /**
   * The same of an image that is searched with. It is decoded while the request waits, by the Images
   * binding of a worker or, in a static site, whole by a browser tab: 160 MB of RGBA.
   */
  queryPixels: 40_000_000,
  /** File of an image, bytes. A worker, which has 128 MB, holds it, its base64 and its request at once. */
  imageBytes,
  /** The same at an embedder, which has the memory of a server, and clients that shrink nothing. */
  embedderImageBytes: 32 * mebibyte,
  /** Member of a tar shard, bytes: `prepare` holds it in memory, and it may be more than an image. */
  tarMemberBytes: 256 * mebibyte,
  /** Text that is searched with, a label, or a text to embed, UTF-16 units. */
  textCharacters: 10_000,

  /** What a request or an item holds besides its image, bytes. */
  fieldBytes,
  /** A form with an image, bytes. */
  formBytes: imageBytes + fieldBytes,
  /** A request or a line of NDJSON with an image, bytes: base64 writes 3 bytes as 4. */
  jsonBytes: Math.ceil(imageBytes / 3) * 4 + fieldBytes,
  /** Items of one request, and its body, bytes: more are sent as NDJSON, which is read line by line. */
  batchItems: 1000,
  batchBytes: 64 * mebibyte,

  /** Body of a request to an embedder, bytes. */
  embedderBodyBytes: 64 * mebibyte,
  /** All bodies that an embedder holds at a time, bytes. */
  embedderQueuedBytes: 512 * mebibyte,
  /** Answer of an embedder in JSON, bytes. */
  embedderJsonBytes: mebibyte,

  /** Object that is put in one request, bytes: Cloudflare takes 100 MB. */
  objectBytes: 64 * mebibyte,
  /** A larger object is put in parts of so many bytes; R2 wants them of one size, 5 MiB at least. */
  objectPartBytes: 50 * mebibyte,
  /** List of parts that ends such an upload, bytes. */
  partListBytes: 2 * mebibyte,
} as const;
