import type {
  CaptionsResponse,
  ClassifyResponse,
  CollectionInfo,
  SearchResponse,
} from '../../../src/http/api.ts';
import type { ApiFailure } from '../api/api-failure.ts';
import type { Place } from './view.ts';

/** A value from the server; the last one stays visible while a new one is loading. */
export type Loadable<T> =
  | { readonly status: 'idle' }
  | { readonly status: 'loading'; readonly value?: T }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly failure: ApiFailure };

export interface Results {
  /** The last answer, with the matches of all pages so far. */
  readonly answer: SearchResponse;
  /** From sending the request to reading the answer, milliseconds. */
  readonly roundTripMs: number;
}

/** How much of an index the browser has fetched. */
export interface Loaded {
  readonly bytes: number;
  readonly total: number;
}

export interface PageState extends Place {
  /** Present if the browser itself searches. */
  readonly loaded?: Loaded;
  /** The text in the search box; the search follows it after the debounce. */
  readonly draft: string;
  readonly collections: readonly CollectionInfo[];
  readonly results: Loadable<Results>;
  readonly more: Loadable<null>;
  readonly captions: Loadable<CaptionsResponse['captions']>;
  readonly classes: Loadable<ClassifyResponse['labels']>;
  readonly labels: readonly string[];
}

/** Gives the value of a loadable, fresh or stale. */
export function valueOf<T>(loadable: Loadable<T>): T | undefined {
  return 'value' in loadable ? loadable.value : undefined;
}
