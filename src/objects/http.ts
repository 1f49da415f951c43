/** Headers of `/v1/objects`: of an object, and of every answer, which tells it from another server's. */
export const objectHeaders = {
  size: 'x-object-size',
  etag: 'x-object-etag',
  served: 'x-diptych-objects',
} as const;
