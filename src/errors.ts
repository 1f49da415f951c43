/**
 * The HTTP status of each code. Clients may switch on codes, so a code is never renamed or reused.
 */
export const errorStatus = {
  bad_request: 400,
  invalid_json: 400,
  empty_query: 400,
  unknown_collection: 404,
  unknown_item: 404,
  unknown_label_set: 404,
  not_found: 404,
  payload_too_large: 413,
  precondition_failed: 412,
  range_not_satisfiable: 416,
  unsupported_image: 415,
  unsupported_coding: 415,
  unreadable_image: 422,
  images_unavailable: 503,
  model_mismatch: 409,
  nothing_to_publish: 409,
  index_unreadable: 500,
  index_too_large: 507,
  shard_unavailable: 503,
  unreadable_source: 422,
  unreadable_model: 422,
  invalid_option: 400,
  invalid_graph: 500,
  port_in_use: 500,
  not_prepared: 409,
  training_diverged: 500,
  write_failed: 507,
  file_failed: 500,
  folder_in_use: 409,
  store_failed: 502,
  publish_conflict: 409,
  vectorize_limit: 400,
  vectorize_failed: 502,
  below_minimum: 500,
  catalogue_unavailable: 503,
  catalogue_drift: 500,
  unauthorized: 401,
  no_embedding: 422,
  embedder_busy: 429,
  embedder_failed: 502,
  embedder_unavailable: 503,
  encoder_unavailable: 503,
  url_refused: 403,
  url_failed: 502,
  forbidden: 403,
  job_busy: 409,
  build_failed: 500,
  job_failed: 500,
  not_configured: 501,
  request_timeout: 408,
  client_gone: 499,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/**
 * A failure that a user can meet. The message says what, where, expected and got; the code is
 * stable.
 */
export class DiptychError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: Readonly<Record<string, unknown>>,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'DiptychError';
  }
}
