import type { RefObject } from 'hono/jsx';
import { focusFirstCard } from '../browser/grid-focus.ts';
import { CloseIcon, ImageIcon, SearchIcon } from './icons.tsx';

interface SearchBoxProps {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly draft: string;
  readonly onType: (text: string) => void;
  readonly onSubmit: (text: string) => void;
  readonly onClear: () => void;
  readonly onImage: (file: File) => void;
}

export function SearchBox(props: SearchBoxProps) {
  const { inputRef, draft, onType, onSubmit, onClear, onImage } = props;

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      onClear();
    }
    if (event.key === 'ArrowDown' && focusFirstCard()) event.preventDefault();
  }

  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event: Event) => {
        event.preventDefault();
        onSubmit(inputRef.current?.value ?? '');
      }}
    >
      <SearchIcon />
      <label class="visually-hidden" for="query">
        Search pictures
      </label>
      <input
        ref={inputRef}
        id="query"
        type="search"
        name="q"
        value={draft}
        placeholder="Describe a picture"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        enterkeyhint="search"
        maxlength={500}
        onInput={(event: InputEvent) => {
          if (!event.isComposing) onType((event.target as HTMLInputElement).value);
        }}
        onCompositionEnd={(event: Event) => onType((event.target as HTMLInputElement).value)}
        onKeyDown={onKeyDown}
      />
      {draft !== '' && (
        <button
          type="button"
          class="icon-button"
          aria-label="Clear the search"
          title="Clear (Esc)"
          onClick={() => {
            onClear();
            inputRef.current?.focus();
          }}
        >
          <CloseIcon />
        </button>
      )}
      <ImageChooser onImage={onImage} />
    </form>
  );
}

function ImageChooser({ onImage }: { readonly onImage: (file: File) => void }) {
  return (
    <span class="icon-button image-chooser" title="Search with an image: choose, paste or drop one">
      <ImageIcon />
      <input
        type="file"
        accept="image/*"
        aria-label="Search with an image"
        onInput={(event: Event) => {
          const input = event.target as HTMLInputElement;
          const file = input.files?.[0];
          input.value = '';
          if (file) onImage(file);
        }}
      />
    </span>
  );
}
