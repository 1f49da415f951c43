/** A request of the API: fields as JSON, or as a form where an image goes with them. */
export interface ApiCall {
  /** `/v1/search` and the like. */
  readonly path: string;
  /** Left out: a GET. */
  readonly fields?: { readonly collection?: string };
  readonly image?: Blob;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON; null where it was none. */
  readonly body: unknown;
}

/** Brings a call to what answers it. @throws ApiFailure where no answer comes */
export type Send = (call: ApiCall, signal: AbortSignal) => Promise<ApiAnswer>;

/** Writes a call as the API reads it. */
export function requestInit({ fields, image }: ApiCall): RequestInit {
  if (fields === undefined) return {};
  const json = JSON.stringify(fields);
  if (!image) {
    return { method: 'POST', headers: { 'content-type': 'application/json' }, body: json };
  }
  const body = new FormData();
  body.append('image', image);
  body.append('json', json);
  return { method: 'POST', body };
}
