import { useEffect, useRef } from 'hono/jsx/dom';
import type { View } from '../state/view.ts';
import { CloseIcon } from './icons.tsx';
import { Picture } from './picture.tsx';

interface SimilarHeadingProps {
  readonly view: Extract<View, { kind: 'similar' }>;
  readonly onClose: () => void;
}

/** Shows the picture that the results are like; takes the focus, since its card may be gone. */
export function SimilarHeading({ view, onClose }: SimilarHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { item, id } = view;

  useEffect(() => {
    if (item) heading.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [id]);

  return (
    <div class="similar">
      {item && <Picture key={id} title={item.title} imageUrl={item.imageUrl} isLazy={false} />}
      <div>
        <h2 ref={heading} tabindex={-1}>
          Like <em>{item?.title ?? id}</em>
        </h2>
        <p class="hint">
          {item?.set && <span>{item.set} · </span>}
          {item && (
            <a href={item.imageUrl} target="_blank" rel="noopener">
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
