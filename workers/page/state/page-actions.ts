import type { CollectionInfo, ItemInfo, SearchMode } from '../../../src/http/api.ts';
import { bodyOf, type ApiClient } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { pickImage } from '../browser/pick-image.ts';
import { createImageActions } from './image-actions.ts';
import type { PageState } from './page-state.ts';
import { createSearchActions } from './search-actions.ts';
import type { Store } from './store.ts';
import type { PickedImage, Place, View } from './view.ts';
import { addressOf, placeOf } from './view.ts';

const debounceMs = 120;

export interface PageActions {
  type(text: string): void;
  /** Searches for a text without waiting for the debounce. */
  searchText(text: string): void;
  showSimilar(item: ItemInfo): void;
  showImage(file: File): Promise<void>;
  goHome(): void;
  setMode(mode: SearchMode): void;
  setCollection(collection: string): void;
  setLabels(labels: readonly string[]): void;
  more(): void;
  retry(): void;
}

/** Wires what a user does to the address, the searches and the descriptions of an image. */
export function createPageActions(client: ApiClient, store: Store<PageState>): PageActions {
  const searching = createSearchActions(client, store);
  const describing = createImageActions(client, store);
  let lastImage: PickedImage | null = null;
  let debounce = 0;

  function show(change: Partial<Place>, draft?: string): void {
    const before = store.get();
    clearTimeout(debounce);
    store.set({ ...change, ...(draft === undefined ? {} : { draft }) });
    const { view } = store.get();
    describing.stop();
    searching.search(view.kind !== before.view.kind || view.kind !== 'text');
    if (view.kind === 'image') describing.describe();
    document.title = titleOf(view);
  }

  function go(change: Partial<Place>, draft?: string, how: 'push' | 'replace' = 'push'): void {
    show(change, draft);
    const address = addressOf(store.get());
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  }

  function searchText(text: string): void {
    const query = text.trim();
    const { view, results } = store.get();
    if (query === '') return goHome();
    if (view.kind === 'text' && view.text === query && results.status !== 'failed') return;
    go({ view: { kind: 'text', text: query } }, text, view.kind === 'text' ? 'replace' : 'push');
  }

  function goHome(draft = ''): void {
    clearTimeout(debounce);
    if (store.get().view.kind === 'home') return store.set({ draft });
    go({ view: { kind: 'home' } }, draft);
  }

  window.addEventListener('popstate', () => {
    const place = placeOf(location, store.get().mark, lastImage);
    show(place, place.view.kind === 'text' ? place.view.text : '');
  });
  window.addEventListener('online', () => show({}));

  show({});
  void collectionsOf(client).then((collections) => {
    store.set({ collections });
    // If the server has no default collection, the first search failed: search in the first one.
    if (store.get().results.status === 'failed') show({});
  });

  return {
    type(text) {
      if (text.trim() === '') return goHome(text);
      clearTimeout(debounce);
      store.set({ draft: text });
      debounce = window.setTimeout(() => searchText(text), debounceMs);
    },
    searchText,
    showSimilar: (item) => go({ view: { kind: 'similar', id: item.id, item } }, ''),
    async showImage(file) {
      if (lastImage) URL.revokeObjectURL(lastImage.url);
      lastImage = await pickImage(file);
      go({ view: { kind: 'image', image: lastImage } }, '');
    },
    goHome: () => goHome(),
    setMode: (mode) => go({ mode }, undefined, 'replace'),
    setCollection: (collection) => go({ collection, view: { kind: 'home' } }, ''),
    setLabels: describing.setLabels,
    more: searching.more,
    retry: () => show({}),
  };
}

function titleOf(view: View): string {
  if (view.kind === 'text') return `${view.text} · Diptych`;
  if (view.kind === 'similar') return `Like ${view.item?.title ?? view.id} · Diptych`;
  if (view.kind === 'image') return `${view.image.name} · Diptych`;
  return 'Diptych: search pictures by meaning';
}

/** Gives the collections to choose from; the page works without them, so a failure gives none. */
async function collectionsOf(client: ApiClient): Promise<readonly CollectionInfo[]> {
  try {
    const { signal } = new AbortController();
    return (await bodyOf(client.collections.$get(), signal)).collections;
  } catch (error) {
    if (error instanceof ApiFailure) return [];
    throw error;
  }
}
