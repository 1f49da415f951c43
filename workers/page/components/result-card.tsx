import { memo } from 'hono/jsx/dom';
import type { ItemInfo, Match } from '../../../src/http/api.ts';
import { addressOf, type AddressMark } from '../state/view.ts';
import { Picture } from './picture.tsx';

/** Cards of the first page: their pictures load at once, later ones when they come near. */
const eagerCount = 24;

interface ResultCardProps {
  readonly match: Match;
  readonly rank: number;
  /** null: the server's default. */
  readonly collection: string | null;
  readonly mark: AddressMark;
  readonly onPick: (item: ItemInfo) => void;
}

/** A picture that links to similar ones; a plain click does not leave the page. */
export const ResultCard = memo(({ match, rank, collection, mark, onPick }: ResultCardProps) => {
  const { id, score, metadata } = match;
  const { title, set, imageUrl } = metadata;
  return (
    <li>
      <a
        class="card"
        data-card
        href={addressOf({ view: { kind: 'similar', id }, mode: 'hybrid', collection, mark })}
        aria-label={`${title}${set ? `, ${set}` : ''}. More like this`}
        title={`${id} · score ${score.toFixed(3)}`}
        onClick={(event: MouseEvent) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onPick({ id, ...metadata });
        }}
      >
        <Picture title={title} imageUrl={imageUrl} isLazy={rank >= eagerCount} />
        <span class="card-action" aria-hidden="true">
          More like this
        </span>
        <span class="card-title">{title}</span>
        {set && <span class="card-set">{set}</span>}
      </a>
    </li>
  );
});
