import type { Loaded } from '../workers/page/state/page-state.ts';

/** A request of the page, as data that can be sent to a thread. */
export interface SentRequest {
  readonly method: string;
  /** `/v1/search` and the like. */
  readonly path: string;
  /** Type of the body; null where there is none. */
  readonly type: string | null;
  readonly body: ArrayBuffer;
}

export interface SentAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** What the page tells the search thread: first where the site is, then requests. */
export type ToSearch =
  { readonly base: string } | { readonly id: number; readonly request: SentRequest };

export type FromSearch =
  { readonly loaded: Loaded } | { readonly id: number; readonly answer: SentAnswer };
