import { useState } from 'hono/jsx/dom';
import { labelsOf } from '../state/labels.ts';

interface LabelFieldProps {
  readonly labels: readonly string[];
  readonly onChange: (labels: readonly string[]) => void;
}

/** Adds labels: Enter or a comma ends one, a pasted list adds many, Backspace takes the last. */
export function LabelField({ labels, onChange }: LabelFieldProps) {
  const [draft, setDraft] = useState('');

  function add(text: string): void {
    setDraft('');
    const names = labelsOf(text).filter((name) => !labels.includes(name));
    if (names.length > 0) onChange([...labels, ...names]);
  }

  return (
    <form
      class="label-field"
      onSubmit={(event: Event) => {
        event.preventDefault();
        add(draft);
      }}
    >
      <label class="visually-hidden" for="label-draft">
        Add labels
      </label>
      <input
        id="label-draft"
        type="text"
        value={draft}
        placeholder="Add labels, separated by commas"
        autocomplete="off"
        autocapitalize="none"
        enterkeyhint="done"
        maxlength={400}
        onInput={(event: InputEvent) => {
          const input = event.target as HTMLInputElement;
          if (event.isComposing || !input.value.includes(',')) return setDraft(input.value);
          add(input.value);
          input.value = '';
        }}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key === 'Backspace' && draft === '') onChange(labels.slice(0, -1));
        }}
      />
      <button type="submit" class="quiet-button">
        Add
      </button>
    </form>
  );
}
