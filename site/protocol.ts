import type { ApiAnswer, ApiCall } from '../workers/page/api/send.ts';
import type { Loaded } from '../workers/page/state/page-state.ts';

/** What the page tells the search thread: first where the site is, then calls. */
export type ToSearch =
  | { readonly base: string }
  | {
      readonly id: number;
      readonly call: ApiCall;
    };

export type FromSearch =
  { readonly loaded: Loaded } | { readonly id: number; readonly answer: ApiAnswer };
