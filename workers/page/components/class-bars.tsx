import type { ClassifyResponse } from '../../../src/http/api.ts';
import { defaultLabels } from '../state/labels.ts';
import type { Loadable } from '../state/page-state.ts';
import { valueOf } from '../state/page-state.ts';
import { ErrorNotice } from './error-notice.tsx';
import { CloseIcon } from './icons.tsx';
import { LabelField } from './label-field.tsx';
import { percent } from './numbers.ts';

interface ClassBarsProps {
  readonly classes: Loadable<ClassifyResponse['labels']>;
  readonly labels: readonly string[];
  readonly onChange: (labels: readonly string[]) => void;
}

/** A bar for each label, the likeliest first; labels are added below and removed at their bar. */
export function ClassBars({ classes, labels, onChange }: ClassBarsProps) {
  const isDefault = labels.join() === defaultLabels.join();
  const remove = (label: string) => onChange(labels.filter((other) => other !== label));
  return (
    <section class="classes" aria-labelledby="classes-title">
      <h3 id="classes-title">Classes</h3>
      {classes.status === 'failed' && <ErrorNotice failure={classes.failure} />}
      <ul>
        {rowsOf(classes, labels).map(({ label, probability }, rank) => (
          <li
            key={label}
            class={rank === 0 && probability !== null ? 'bar-row is-best' : 'bar-row'}
          >
            <span class="bar-label">{label}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${100 * (probability ?? 0)}%` }} />
            </span>
            <span class="bar-share">{probability === null ? '' : percent(probability)}</span>
            <button
              type="button"
              class="icon-button bar-remove"
              aria-label={`Remove ${label}`}
              onClick={() => remove(label)}
            >
              <CloseIcon />
            </button>
          </li>
        ))}
      </ul>
      <LabelField labels={labels} onChange={onChange} />
      {!isDefault && (
        <button type="button" class="text-button" onClick={() => onChange(defaultLabels)}>
          Back to the usual labels
        </button>
      )}
    </section>
  );
}

interface Row {
  readonly label: string;
  /** null: not known yet. */
  readonly probability: number | null;
}

/** The current labels, those with a probability first, in the order of the answer. */
function rowsOf(classes: ClassBarsProps['classes'], labels: readonly string[]): readonly Row[] {
  const known = (valueOf(classes) ?? []).filter(({ label }) => labels.includes(label));
  const names = new Set(known.map(({ label }) => label));
  const waiting = labels.filter((label) => !names.has(label));
  return [...known, ...waiting.map((label) => ({ label, probability: null }))];
}
