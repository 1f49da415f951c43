import { render, useLayoutEffect, useState } from 'hono/jsx/dom';
import { apiClient } from './api/api-client.ts';
import { App } from './components/app.tsx';
import { loadLabels } from './state/labels.ts';
import { createPageActions } from './state/page-actions.ts';
import type { PageState } from './state/page-state.ts';
import { createStore } from './state/store.ts';
import { placeOf } from './state/view.ts';

const place = placeOf(location.search, null);
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
const actions = createPageActions(apiClient, store);

function Root() {
  const [state, setState] = useState(store.get());
  useLayoutEffect(() => store.subscribe(setState), []);
  return <App state={state} actions={actions} />;
}

const container = document.getElementById('page');
if (container) render(<Root />, container);
