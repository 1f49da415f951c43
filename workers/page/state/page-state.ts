import type {
  CaptionsResponse,
  ClassifyResponse,
  CollectionInfo,
  SearchResponse,
} from '../../../src/http/api.ts';
import type { ApiFailure } from '../api/api-failure.ts';
import type { Place } from './view.ts';

/** Something asked of the server; the last value stays visible while a new one comes. */
export type Loadable<T> =
  | { readonly status: 'idle' }
  | { readonly status: 'loading'; readonly value?: T }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly failure: ApiFailure };

export interface Results {
  /** The last answer, its matches those of all pages so far. */
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
  /** Where the browser itself searches; a page with a server has none. */
  readonly loaded?: Loaded;
  /** What stands in the search box, ahead of the search by the debounce. */
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
