import type { ItemInfo, SearchMode } from '../../../src/http/api.ts';

/** An image that someone dropped, pasted or chose; `url` shows it, `blob` is sent. */
export interface PickedImage {
  readonly name: string;
  readonly url: string;
  readonly blob: Blob;
}

/** What the page shows; the address bar holds all of it but the picked image. */
export type View =
  | { readonly kind: 'home' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'similar'; readonly id: string; readonly item?: ItemInfo }
  | { readonly kind: 'image'; readonly image: PickedImage };

/** Where an address holds a place: after `?`, or after `#`, which is never sent to a server. */
export type AddressMark = '?' | '#';

export interface Place {
  readonly view: View;
  readonly mode: SearchMode;
  /** null: the server's default. */
  readonly collection: string | null;
  readonly mark: AddressMark;
}

const modes: readonly SearchMode[] = ['hybrid', 'keyword', 'vector'];

/** Reads a place from `q=`, `like=` or `image`, with `mode` and `collection`. */
export function placeOf(
  { search, hash }: { readonly search: string; readonly hash: string },
  mark: AddressMark,
  lastImage: PickedImage | null,
): Place {
  const params = new URLSearchParams((mark === '?' ? search : hash).slice(1));
  const mode = modes.find((name) => name === params.get('mode')) ?? 'hybrid';
  return { view: viewOf(params, lastImage), mode, collection: params.get('collection'), mark };
}

function viewOf(params: URLSearchParams, lastImage: PickedImage | null): View {
  const text = params.get('q')?.trim();
  const id = params.get('like');
  if (text) return { kind: 'text', text };
  if (id) return { kind: 'similar', id };
  if (params.has('image') && lastImage) return { kind: 'image', image: lastImage };
  return { kind: 'home' };
}

/** Writes a place as an address, defaults left out. */
export function addressOf({ view, mode, collection, mark }: Place): string {
  const params = new URLSearchParams();
  if (view.kind === 'text') params.set('q', view.text);
  if (view.kind === 'similar') params.set('like', view.id);
  if (view.kind === 'image') params.set('image', '');
  if (mode !== 'hybrid') params.set('mode', mode);
  if (collection) params.set('collection', collection);
  const query = params.toString();
  return query ? `${mark}${query}` : './';
}
