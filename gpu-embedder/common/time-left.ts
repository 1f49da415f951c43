const windowMs = 60_000;

/** Estimates the time left from the speed of the last minute, since speeds change within a run. */
export interface TimeLeft {
  update(done: number): void;
  /** Estimate the time left in seconds; null while the speed is unknown. */
  seconds(): number | null;
}

/** @param now - milliseconds, as performance.now() gives them */
export function timeLeft(total: number, now: () => number = () => performance.now()): TimeLeft {
  const seen: { readonly at: number; readonly done: number }[] = [];
  return {
    update(done) {
      const at = now();
      // One sample a second is enough.
      if (seen.length > 1 && at - seen.at(-2)!.at < 1000) seen.pop();
      seen.push({ at, done });
      while (seen.length > 2 && at - seen[1].at >= windowMs) seen.shift();
    },
    seconds() {
      const [first, last] = [seen[0], seen.at(-1)];
      if (!first || !last || last.done <= first.done) return null;
      const msPerUnit = (last.at - first.at) / (last.done - first.done);
      return Math.max(0, (total - last.done) * msPerUnit - (now() - last.at)) / 1000;
    },
  };
}

/** Show a duration as a clock does: 0:09, 12:30, 1:05:30. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
