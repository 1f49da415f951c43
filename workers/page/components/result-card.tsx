import { memo, useState } from 'hono/jsx/dom';
import type { Match } from '../api/api-types.ts';
import { isDarkInk } from '../browser/is-dark-ink.ts';
import { addressOf } from '../state/view.ts';

/** Pictures above the fold; later ones load when they come near. */
const eagerCount = 24;

interface ResultCardProps {
  readonly match: Match;
  readonly rank: number;
  readonly onPick: (match: Match) => void;
}

/** A picture as a link to what is like it; a plain click stays on the page. */
export const ResultCard = memo(({ match, rank, onPick }: ResultCardProps) => {
  const { title = match.id, set } = match.metadata;
  const href = addressOf({
    view: { kind: 'similar', id: match.id },
    mode: 'hybrid',
    collection: new URLSearchParams(location.search).get('collection'),
  });
  return (
    <li>
      <a
        class="card"
        data-card
        href={href}
        aria-label={`${title}${set ? `, ${set}` : ''}. More like this`}
        title={`${match.id} · score ${match.score.toFixed(3)}`}
        onClick={(event: MouseEvent) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onPick(match);
        }}
      >
        <Picture match={match} isLazy={rank >= eagerCount} />
        <span class="card-title">{title}</span>
        {set && <span class="card-set">{set}</span>}
      </a>
    </li>
  );
});

export function Picture({ match, isLazy }: { readonly match: Match; readonly isLazy: boolean }) {
  const [kind, setKind] = useState<'' | 'is-dark-ink' | 'is-broken'>('');
  const { title = match.id, imageUrl } = match.metadata;
  return (
    <span class={`picture ${kind}`}>
      {imageUrl && (
        <img
          src={imageUrl}
          alt={title}
          width={128}
          height={128}
          decoding="async"
          loading={isLazy ? 'lazy' : 'eager'}
          onLoad={(event: Event) =>
            setKind(isDarkInk(event.target as HTMLImageElement) ? 'is-dark-ink' : '')
          }
          onError={() => setKind('is-broken')}
        />
      )}
      <span class="card-action" aria-hidden="true">
        More like this
      </span>
    </span>
  );
}
