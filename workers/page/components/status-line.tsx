import type { PageState, Results } from '../state/page-state.ts';
import { wholeNumber } from './numbers.ts';

interface StatusLineProps {
  readonly state: PageState;
  readonly results: Results;
}

/** Says what answered: `24 of 14,903 · hybrid · 4 ms · version 2026-…`. */
export function StatusLine({ state, results }: StatusLineProps) {
  const { answer, roundTripMs } = results;
  const { index, matches, mode, timings, truncated, partial, fallback } = answer;
  const items = state.collections.find(({ name }) => name === index.collection)?.items;
  const shown = wholeNumber(matches.length);
  const parts = [
    items === undefined ? `${shown} pictures` : `${shown} of ${wholeNumber(items)}`,
    mode,
    `${roundTripMs < 10 ? roundTripMs.toFixed(1) : Math.round(roundTripMs)} ms`,
    `version ${index.version}`,
    ...(partial
      ? [
          `${partial.shards - partial.answered} of ${partial.shards} parts of the collection did not answer`,
        ]
      : []),
    ...(fallback ? ['by words alone, because nothing could encode them'] : []),
    ...(truncated ? ['only the first words were read'] : []),
  ];
  const steps = Object.entries(timings).map(([step, ms]) => `${step} ${ms} ms`);
  return (
    <p class="status-line" title={`model ${index.model}\n${steps.join('\n')}`}>
      {parts.map((part, place) => (
        <span key={part}>{place === parts.length - 1 ? part : `${part} · `}</span>
      ))}
    </p>
  );
}
