import { useState } from 'hono/jsx/dom';
import { isDarkInk } from '../browser/is-dark-ink.ts';

interface PictureProps {
  readonly title: string;
  readonly imageUrl: string;
  readonly isLazy: boolean;
}

/** An item's image on a neutral tile; on a dark page, dark ink is shown light. */
export function Picture({ title, imageUrl, isLazy }: PictureProps) {
  const [kind, setKind] = useState<'' | 'is-dark-ink' | 'is-broken'>('');
  return (
    <span class={`picture ${kind}`}>
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
    </span>
  );
}
