import type { InferRequestType } from 'hono/client';
import type { Match } from '../../../src/http/api.ts';
import { bodyOf, type ApiClient } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { createLatest } from './latest.ts';
import type { PageState, Results } from './page-state.ts';
import { valueOf } from './page-state.ts';
import type { Store } from './store.ts';

/** Fills 2, 3, 4, 6 and 8 columns evenly. */
const pageSize = 24;
/** Shown before anything is typed, so that the first page is not blank. */
export const showcaseText = 'celebration';
const retryMs = 3000;

type SearchQuery = InferRequestType<ApiClient['search']['$post']>;

export interface SearchActions {
  /** Asks for the first results of the state's view; `fresh` drops the earlier ones at once. */
  search(fresh: boolean): void;
  more(): void;
}

export function createSearchActions(client: ApiClient, store: Store<PageState>): SearchActions {
  const latest = createLatest();
  let retryTimer = 0;

  function search(fresh: boolean): void {
    clearTimeout(retryTimer);
    const value = fresh ? undefined : valueOf(store.get().results);
    store.set({ results: { status: 'loading', value }, more: { status: 'idle' } });
    latest.run(async (signal) => {
      try {
        const value = await ask(client, store.get(), signal);
        store.set({ results: { status: 'ready', value } });
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiFailure)) throw error;
        const { collection, collections } = store.get();
        const [first] = collections;
        if (error.code === 'unknown_collection' && collection === null && first) {
          store.set({ collection: first.name });
          return search(fresh);
        }
        store.set({ results: { status: 'failed', failure: error } });
        if (error.code === 'offline') retryTimer = window.setTimeout(() => search(true), retryMs);
      }
    });
  }

  function more(): void {
    const { results } = store.get();
    if (results.status !== 'ready' || results.value.answer.nextCursor === null) return;
    const shown = results.value.answer;
    store.set({ more: { status: 'loading' } });
    latest.run(async (signal) => {
      try {
        const next = await ask(client, store.get(), signal, shown.nextCursor ?? undefined);
        const matches = union(shown.matches, next.answer.matches);
        const value = { ...next, answer: { ...next.answer, matches } };
        store.set({ results: { status: 'ready', value }, more: { status: 'idle' } });
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiFailure)) throw error;
        store.set({ more: { status: 'failed', failure: error } });
      }
    });
  }

  return { search, more };
}

async function ask(
  client: ApiClient,
  state: PageState,
  signal: AbortSignal,
  cursor?: string,
): Promise<Results> {
  const start = performance.now();
  const search = client.search.$post(queryOf(state, cursor), { init: { signal } });
  const answer = await bodyOf(search, signal);
  return { answer, roundTripMs: performance.now() - start };
}

function queryOf({ view, mode, collection }: PageState, cursor?: string): SearchQuery {
  const fields = {
    ...{ collection: collection ?? undefined, limit: pageSize, cursor },
    target: 'image' as const,
  };
  if (view.kind === 'image') return { form: { ...fields, image: view.image.blob } };
  if (view.kind === 'similar') return { json: { ...fields, id: view.id } };
  const text = view.kind === 'text' ? view.text : showcaseText;
  // Without a mode the server takes hybrid, or vector if the collection has no words.
  return { json: { ...fields, text, mode: mode === 'hybrid' ? undefined : mode } };
}

/** Appends a page. An item that a new version moved to the next page is shown once. */
function union(shown: readonly Match[], next: readonly Match[]): Match[] {
  const known = new Set(shown.map(({ id }) => id));
  return [...shown, ...next.filter(({ id }) => !known.has(id))];
}
