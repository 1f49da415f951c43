import type { Match } from '../../../src/api.ts';
import type { ApiClient, SearchQuery } from '../api/api-client.ts';
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
        const value = await ask(client, queryOf(store.get()), signal);
        store.set({ results: { status: 'ready', value } });
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiFailure)) throw error;
        const { collection, collections } = store.get();
        if (error.code === 'unknown_collection' && collection === null && collections.length > 0) {
          store.set({ collection: collections[0].name });
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
        const query = { ...queryOf(store.get()), cursor: shown.nextCursor ?? undefined };
        const next = await ask(client, query, signal);
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

function queryOf({ view, mode, collection }: PageState): SearchQuery {
  const options = { collection, mode, limit: pageSize };
  if (view.kind === 'text') return { ...options, by: { text: view.text } };
  if (view.kind === 'similar') return { ...options, by: { id: view.id } };
  if (view.kind === 'image') return { ...options, by: { image: view.image.blob } };
  return { ...options, by: { text: showcaseText } };
}

async function ask(client: ApiClient, query: SearchQuery, signal: AbortSignal): Promise<Results> {
  const start = performance.now();
  const answer = await client.search(query, signal);
  return { answer, roundTripMs: performance.now() - start };
}

/** Appends a page; an item that a re-published index moved to the next page stays single. */
function union(shown: readonly Match[], next: readonly Match[]): Match[] {
  const known = new Set(shown.map(({ id }) => id));
  return [...shown, ...next.filter(({ id }) => !known.has(id))];
}
