/** Wait for a turn. @returns ends it; the next one in line has it then */
export type TakeTurn = () => Promise<() => void>;

/** One at a time, in the order in which they came. */
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
