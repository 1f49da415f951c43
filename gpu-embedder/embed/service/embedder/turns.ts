/**
 * Wait for a turn.
 *
 * @returns a function that ends the turn, so that the next in line gets it
 */
export type TakeTurn = () => Promise<() => void>;

/** Give turns one at a time, in the order of asking. */
export function createTurns(): TakeTurn {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    let end = () => {};
    last = new Promise((resolve) => (end = resolve));
    await before;
    return end;
  };
}
