import { render, useLayoutEffect, useState } from 'hono/jsx/dom';
import type { ApiClient } from './api/api-client.ts';
import { App } from './components/app.tsx';
import { loadLabels } from './state/labels.ts';
import { createPageActions } from './state/page-actions.ts';
import type { Loaded, PageState } from './state/page-state.ts';
import { createStore } from './state/store.ts';
import { placeOf, type AddressMark } from './state/view.ts';

export interface PageOptions {
  readonly client: ApiClient;
  readonly mark: AddressMark;
  /** Given if the browser itself searches: reports how much of the index is loaded. */
  readonly watchLoading?: (listener: (loaded: Loaded) => void) => void;
}

/** Shows the page in `#page`, and searches for what the address says. */
export function startPage({ client, mark, watchLoading }: PageOptions): void {
  const place = placeOf(location, mark, null);
  const store = createStore<PageState>({
    ...place,
    draft: place.view.kind === 'text' ? place.view.text : '',
    collections: [],
    results: { status: 'idle' },
    more: { status: 'idle' },
    captions: { status: 'idle' },
    classes: { status: 'idle' },
    labels: loadLabels(),
  });
  watchLoading?.((loaded) => store.set({ loaded }));
  const actions = createPageActions(client, store);

  function Root() {
    const [state, setState] = useState(store.get());
    useLayoutEffect(() => store.subscribe(setState), []);
    return <App state={state} actions={actions} />;
  }

  const container = document.getElementById('page');
  if (container) render(<Root />, container);
}
