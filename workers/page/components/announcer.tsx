import type { PageState } from '../state/page-state.ts';

/** Tells a screen reader, once an answer is there, how much was found. */
export function Announcer({ state }: { readonly state: PageState }) {
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {announcementOf(state)}
    </p>
  );
}

function announcementOf({ results, more, view }: PageState): string {
  if (results.status !== 'ready' || view.kind === 'home' || more.status === 'loading') return '';
  const { length } = results.value.answer.matches;
  const count = length === 0 ? 'No pictures' : length === 1 ? '1 picture' : `${length} pictures`;
  if (view.kind === 'text') return `${count} for ${view.text}`;
  if (view.kind === 'image') return `${count} similar to ${view.image.name}`;
  return `${count} like ${view.item?.title ?? view.id}`;
}
