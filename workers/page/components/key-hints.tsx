/** Names the keys; hidden where there is no keyboard. */
export function KeyHints() {
  return (
    <footer class="key-hints">
      <span>
        <kbd>/</kbd> search
      </span>
      <span>
        <kbd>←</kbd> <kbd>↑</kbd> <kbd>↓</kbd> <kbd>→</kbd> move
      </span>
      <span>
        <kbd>Enter</kbd> more like this
      </span>
      <span>
        <kbd>Esc</kbd> clear
      </span>
    </footer>
  );
}
