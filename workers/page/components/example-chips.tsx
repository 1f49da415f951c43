const examples = ['birthday cake', 'angry face', 'airplane', 'music', 'cerveza', '犬'];

interface ExampleChipsProps {
  readonly onPick: (text: string) => void;
}

export function ExampleChips({ onPick }: ExampleChipsProps) {
  return (
    <div class="examples">
      <ul class="chips" aria-label="Examples">
        {examples.map((text) => (
          <li key={text}>
            <button type="button" class="chip" onClick={() => onPick(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
      <p class="hint">or drop, paste or choose an image</p>
    </div>
  );
}
