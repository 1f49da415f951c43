import { useEffect, useRef } from 'hono/jsx/dom';
import type { SearchMode } from '../../../src/http/api.ts';
import type { PageActions } from '../state/page-actions.ts';
import type { PageState } from '../state/page-state.ts';
import { valueOf } from '../state/page-state.ts';
import { SlidersIcon } from './icons.tsx';
import { wholeNumber } from './numbers.ts';

const modes: readonly { readonly mode: SearchMode; readonly says: string }[] = [
  { mode: 'hybrid', says: 'meaning and words together' },
  { mode: 'vector', says: 'by meaning alone' },
  { mode: 'keyword', says: 'by words in names and tags' },
];

interface OptionsMenuProps {
  readonly state: PageState;
  readonly actions: PageActions;
}

export function OptionsMenu({ state, actions }: OptionsMenuProps) {
  const details = useRef<HTMLDetailsElement>(null);

  useEffect(() => {
    const stop = new AbortController();
    const close = (event: Event): void => {
      const menu = details.current;
      if (menu?.open && !menu.contains(event.target as Node)) menu.open = false;
    };
    document.addEventListener('pointerdown', close, { signal: stop.signal });
    return () => stop.abort();
  }, []);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !details.current?.open) return;
    details.current.open = false;
    details.current.querySelector('summary')?.focus();
  }

  return (
    <details class="options" ref={details} onKeyDown={onKeyDown}>
      <summary class="icon-button" aria-label="Search options" title="Search options">
        <SlidersIcon />
      </summary>
      <div class="options-panel">
        <fieldset>
          <legend>Search</legend>
          {modes.map(({ mode, says }) => (
            <label key={mode} class="option">
              <input
                type="radio"
                name="mode"
                value={mode}
                checked={state.mode === mode}
                onInput={() => actions.setMode(mode)}
              />
              <span>
                {mode} <small>{says}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {state.collections.length > 1 && (
          <label class="field">
            Collection
            <select
              value={
                valueOf(state.results)?.answer.index.collection ?? state.collection ?? undefined
              }
              onInput={(event: Event) =>
                actions.setCollection((event.target as HTMLSelectElement).value)
              }
            >
              {state.collections.map(({ name, items }) => (
                <option key={name} value={name}>
                  {name} ({wholeNumber(items)})
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </details>
  );
}
