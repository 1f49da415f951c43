import { useRef } from 'hono/jsx/dom';
import { moveInGrid } from '../browser/grid-focus.ts';
import type { PageActions } from '../state/page-actions.ts';
import type { PageState } from '../state/page-state.ts';
import { valueOf } from '../state/page-state.ts';
import { showcaseText } from '../state/search-actions.ts';
import { ErrorNotice } from './error-notice.tsx';
import { LoadingLine } from './loading-line.tsx';
import { ResultCard } from './result-card.tsx';
import { SkeletonGrid } from './skeleton-grid.tsx';
import { StatusLine } from './status-line.tsx';

interface ResultsSectionProps {
  readonly state: PageState;
  readonly actions: PageActions;
  readonly focusSearch: () => void;
}

/** The grid of results, or why there is none. */
export function ResultsSection({ state, actions, focusSearch }: ResultsSectionProps) {
  const moreButton = useRef<HTMLButtonElement>(null);
  const { results, more, view, loaded } = state;
  const isFetching = loaded !== undefined && loaded.bytes < loaded.total;
  const value = valueOf(results);
  const matches = value?.answer.matches ?? [];
  const leave = (to: 'above' | 'below') => {
    if (to === 'above') focusSearch();
    else moreButton.current?.focus();
  };

  return (
    <section
      class={results.status === 'loading' ? 'results is-loading' : 'results'}
      aria-label="Results"
      aria-busy={results.status === 'loading' ? 'true' : 'false'}
    >
      <div class="results-head">
        {view.kind === 'home' && (
          <h2>
            For instance, <em>{showcaseText}</em>
          </h2>
        )}
        {view.kind === 'image' && <h2>Similar pictures</h2>}
        {value && view.kind !== 'home' && <StatusLine state={state} results={value} />}
      </div>
      {results.status === 'failed' && (
        <ErrorNotice failure={results.failure} onRetry={actions.retry} />
      )}
      {results.status === 'loading' && isFetching && <LoadingLine loaded={loaded} />}
      {results.status === 'loading' && !value && <SkeletonGrid />}
      {value && matches.length === 0 && <Nothing state={state} actions={actions} />}
      {matches.length > 0 && (
        <ul class="grid" onKeyDown={(event: KeyboardEvent) => moveInGrid(event, leave)}>
          {matches.map((match, rank) => (
            <ResultCard
              key={match.id}
              match={match}
              rank={rank}
              collection={state.collection}
              mark={state.mark}
              onPick={actions.showSimilar}
            />
          ))}
        </ul>
      )}
      {more.status === 'failed' && <ErrorNotice failure={more.failure} onRetry={actions.more} />}
      {value &&
        value.answer.nextCursor !== null &&
        more.status !== 'failed' &&
        view.kind !== 'home' && (
          <button
            ref={moreButton}
            type="button"
            class="quiet-button more"
            aria-disabled={more.status === 'loading' ? 'true' : 'false'}
            onClick={() => more.status !== 'loading' && actions.more()}
          >
            {more.status === 'loading' ? 'Loading…' : 'Show more'}
          </button>
        )}
    </section>
  );
}

function Nothing({ state, actions }: Omit<ResultsSectionProps, 'focusSearch'>) {
  const { view, mode } = state;
  return (
    <div class="notice">
      <p class="notice-title">
        {view.kind === 'text' ? `No picture matches “${view.text}”.` : 'No picture is similar.'}
      </p>
      {view.kind === 'text' && mode === 'keyword' ? (
        <button type="button" class="quiet-button" onClick={() => actions.setMode('hybrid')}>
          Search by meaning, too
        </button>
      ) : (
        <p>Try other words, or fewer of them.</p>
      )}
    </div>
  );
}
