/** Headers of `/v1/objects`: of an object, and of every answer, which tells it from another server's. */
export const objectHeaders = {
  size: 'x-object-size',
  etag: 'x-object-etag',
  served: 'x-diptych-objects',
} as const;

export const objectLimits = {
  /** Of one request, bytes: Cloudflare takes 100 MB. */
  bodyBytes: 64 * 1024 * 1024,
  /** What is larger is sent in parts of so many bytes; R2 wants them of one size, 5 MiB at least. */
  partBytes: 50 * 1024 * 1024,
  /** List of parts that ends an upload, bytes. */
  partListBytes: 2 * 1024 * 1024,
} as const;
