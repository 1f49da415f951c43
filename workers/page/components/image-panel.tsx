import { useEffect, useRef } from 'hono/jsx/dom';
import type { PageActions } from '../state/page-actions.ts';
import type { PageState } from '../state/page-state.ts';
import type { PickedImage } from '../state/view.ts';
import { CaptionList } from './caption-list.tsx';
import { ClassBars } from './class-bars.tsx';
import { CloseIcon } from './icons.tsx';

interface ImagePanelProps {
  readonly state: PageState;
  readonly image: PickedImage;
  readonly actions: PageActions;
}

/** A picked image with what the model says of it: captions and classes. */
export function ImagePanel({ state, image, actions }: ImagePanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [image]);

  return (
    <section class="image-panel" aria-labelledby="image-name">
      <figure>
        <div class="picture">
          <img src={image.url} alt={`Your image, ${image.name}`} />
        </div>
        <figcaption>
          <h2 id="image-name" ref={heading} tabindex={-1}>
            {image.name}
          </h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={actions.goHome}>
            <CloseIcon />
          </button>
        </figcaption>
      </figure>
      <CaptionList captions={state.captions} onPick={actions.searchText} />
      <ClassBars classes={state.classes} labels={state.labels} onChange={actions.setLabels} />
    </section>
  );
}
