import { bodyOf, type ApiClient } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { createLatest } from './latest.ts';
import { saveLabels } from './labels.ts';
import type { PageState } from './page-state.ts';
import { valueOf } from './page-state.ts';
import type { Store } from './store.ts';

export interface ImageActions {
  /** Asks for captions and classes of the view's image. */
  describe(): void;
  setLabels(labels: readonly string[]): void;
  stop(): void;
}

export function createImageActions(client: ApiClient, store: Store<PageState>): ImageActions {
  const captioning = createLatest();
  const classifying = createLatest();

  function caption(): void {
    const { view, collection } = store.get();
    if (view.kind !== 'image') return;
    store.set({ captions: { status: 'loading' } });
    captioning.run(async (signal) => {
      try {
        const form = { collection: collection ?? undefined, image: view.image.blob };
        const asking = client.captions.$post({ form }, { init: { signal } });
        const { captions } = await bodyOf(asking, signal);
        store.set({ captions: { status: 'ready', value: captions } });
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiFailure)) throw error;
        store.set({ captions: { status: 'failed', failure: error } });
      }
    });
  }

  function classify(keep: boolean): void {
    const { view, collection, labels, classes } = store.get();
    if (view.kind !== 'image') return;
    if (labels.length === 0) return store.set({ classes: { status: 'ready', value: [] } });
    store.set({ classes: { status: 'loading', value: keep ? valueOf(classes) : undefined } });
    classifying.run(async (signal) => {
      try {
        const form = { collection: collection ?? undefined, image: view.image.blob, labels };
        const asking = client.classify.$post({ form }, { init: { signal } });
        const answer = await bodyOf(asking, signal);
        const sorted = answer.labels.toSorted((a, b) => b.probability - a.probability);
        store.set({ classes: { status: 'ready', value: sorted } });
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiFailure)) throw error;
        store.set({ classes: { status: 'failed', failure: error } });
      }
    });
  }

  return {
    describe() {
      caption();
      classify(false);
    },
    setLabels(labels) {
      saveLabels(labels);
      store.set({ labels });
      classify(true);
    },
    stop() {
      captioning.cancel();
      classifying.cancel();
    },
  };
}
