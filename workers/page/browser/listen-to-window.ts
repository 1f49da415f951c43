import { focusFirstCard } from './grid-focus.ts';

export interface WindowEvents {
  focusSearch(): void;
  dropImage(file: File): void;
  /** A file is dragged over the page, or leaves it. */
  hover(isOver: boolean): void;
}

/**
 * Listens for `/`, for arrow keys while nothing has the focus, and for pasted and dropped images.
 *
 * @returns a function that stops it
 */
export function listenToWindow(events: WindowEvents): () => void {
  const stop = new AbortController();
  const { signal } = stop;

  window.addEventListener('keydown', (event) => onKey(event, events), { signal });
  window.addEventListener(
    'paste',
    (event) => {
      const file = imageIn(event.clipboardData);
      if (!file) return;
      event.preventDefault();
      events.dropImage(file);
    },
    { signal },
  );
  window.addEventListener(
    'dragover',
    (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      events.hover(true);
    },
    { signal },
  );
  window.addEventListener(
    'dragleave',
    (event) => {
      if (event.relatedTarget === null) events.hover(false);
    },
    { signal },
  );
  window.addEventListener(
    'drop',
    (event) => {
      events.hover(false);
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      const file = imageIn(event.dataTransfer);
      if (file) events.dropImage(file);
    },
    { signal },
  );
  return () => stop.abort();
}

function onKey(event: KeyboardEvent, events: WindowEvents): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const at = document.activeElement;
  if (at?.matches('input, textarea, select')) return;
  if (event.key === '/') {
    event.preventDefault();
    events.focusSearch();
  }
  const isNowhere = at === null || at === document.body || at.matches('[tabindex="-1"]');
  if (event.key === 'ArrowDown' && isNowhere && focusFirstCard()) event.preventDefault();
}

/** Gives the first image of a paste or a drop, else the first file: the server checks its type. */
function imageIn(data: DataTransfer | null): File | undefined {
  const files = [...(data?.files ?? [])];
  return files.find((file) => file.type.startsWith('image/')) ?? files[0];
}
