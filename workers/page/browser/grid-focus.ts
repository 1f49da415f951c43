/** Selector of the cards that the arrow keys walk through. */
const cardSelector = '[data-card]';

/**
 * Gives the card that a key leads to from card `index`.
 * @returns the index; -1: above the first row; `count`: below the last; null: not a moving key
 */
export function cardAfter(key: string, index: number, count: number, columns: number) {
  const row = Math.floor(index / columns);
  const lastRow = Math.floor((count - 1) / columns);
  if (key === 'ArrowRight') return Math.min(index + 1, count - 1);
  if (key === 'ArrowLeft') return Math.max(index - 1, 0);
  if (key === 'ArrowUp') return row === 0 ? -1 : index - columns;
  if (key === 'ArrowDown') return row === lastRow ? count : Math.min(index + columns, count - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return null;
}

/** Focuses the first card. @returns whether there is one */
export function focusFirstCard(): boolean {
  const card = document.querySelector<HTMLElement>(cardSelector);
  card?.focus();
  return card !== null;
}

/** Moves the focus between the cards of a grid; leaves it at the top and at the bottom. */
export function moveInGrid(event: KeyboardEvent, leave: (to: 'above' | 'below') => void): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const grid = event.currentTarget as HTMLElement;
  const cards = [...grid.querySelectorAll<HTMLElement>(cardSelector)];
  const index = cards.findIndex((card) => card === document.activeElement);
  if (index === -1) return;
  const next = cardAfter(event.key, index, cards.length, columnsOf(cards));
  if (next === null) return;
  event.preventDefault();
  if (next === -1) leave('above');
  else if (next === cards.length) leave('below');
  else cards[next]?.focus();
}

function columnsOf(cards: readonly HTMLElement[]): number {
  const tops = cards.map((card) => card.getBoundingClientRect().top);
  const [firstRow = 0] = tops;
  const secondRow = tops.findIndex((top) => top > firstRow + 1);
  return secondRow === -1 ? cards.length : secondRow;
}
