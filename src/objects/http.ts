/**
 * Headers of `/v1/objects`. Every answer has `served`, which tells it from that of another server.
 */
export const objectHeaders = {
  size: 'x-object-size',
  etag: 'x-object-etag',
  served: 'x-diptych-objects',
} as const;
