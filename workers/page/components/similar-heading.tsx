import { useEffect, useRef } from 'hono/jsx/dom';
import type { View } from '../state/view.ts';
import { CloseIcon } from './icons.tsx';
import { Picture } from './result-card.tsx';

interface SimilarHeadingProps {
  readonly view: Extract<View, { kind: 'similar' }>;
  readonly onClose: () => void;
}

/** Shows the picture that the results are like; takes the focus, since its card may be gone. */
export function SimilarHeading({ view, onClose }: SimilarHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { match, id } = view;

  useEffect(() => {
    if (match) heading.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [id]);

  return (
    <div class="similar">
      {match && <Picture key={id} match={match} isLazy={false} />}
      <div>
        <h2 ref={heading} tabindex={-1}>
          Like <em>{match?.metadata.title ?? id}</em>
        </h2>
        <p class="hint">
          {match?.metadata.set && <span>{match.metadata.set} · </span>}
          {match?.metadata.imageUrl && (
            <a href={match.metadata.imageUrl} target="_blank" rel="noopener">
              open the image
            </a>
          )}
        </p>
      </div>
      <button type="button" class="icon-button" aria-label="Back to the start" onClick={onClose}>
        <CloseIcon />
      </button>
    </div>
  );
}
