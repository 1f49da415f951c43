import type { CaptionsResponse } from '../../../src/http/api.ts';
import type { Loadable } from '../state/page-state.ts';
import { ErrorNotice } from './error-notice.tsx';

interface CaptionListProps {
  readonly captions: Loadable<CaptionsResponse['captions']>;
  readonly onPick: (text: string) => void;
}

/** Captions, the best first; a click on one searches for its words. */
export function CaptionList({ captions, onPick }: CaptionListProps) {
  return (
    <section class="captions" aria-labelledby="captions-title">
      <h3 id="captions-title">Captions</h3>
      {captions.status === 'failed' && <ErrorNotice failure={captions.failure} />}
      {captions.status === 'loading' && <p class="hint late">Looking…</p>}
      {captions.status === 'ready' && captions.value.length === 0 && (
        <p class="hint">This collection has no captions.</p>
      )}
      {captions.status === 'ready' && (
        <ol>
          {captions.value.map(({ text, score }) => (
            <li key={text}>
              <button
                type="button"
                class="caption"
                title={`Search for it · score ${score.toFixed(3)}`}
                onClick={() => onPick(text)}
              >
                {text}
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
