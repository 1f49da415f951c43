export interface TimesOverEmpty {
  readonly emptyP50Ms: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Median time of a request, minus the empty request just before it. */
  readonly overEmptyMs: number;
  /** Time of the fastest request minus the fastest empty one: robust on a busy machine. */
  readonly fastestOverEmptyMs: number;
}

/** Requests that are not counted, while V8 optimises. */
const warmUps = 30;

/**
 * Time requests from outside, one after the other, each beside an empty one. A worker cannot
 * measure itself: its clock stands still while it computes.
 *
 * @param request - sends the i-th request and waits for its answer
 */
export async function timeOverEmpty(
  count: number,
  empty: (i: number) => Promise<unknown>,
  request: (i: number) => Promise<unknown>,
): Promise<TimesOverEmpty> {
  const time = async (send: (i: number) => Promise<unknown>, i: number): Promise<number> => {
    const start = performance.now();
    await send(i);
    return performance.now() - start;
  };
  for (let i = 0; i < warmUps; i++) await request(i % count);
  const [empties, times]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    empties.push(await time(empty, i));
    times.push(await time(request, i));
  }
  return {
    emptyP50Ms: quantile(empties, 0.5),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    overEmptyMs: quantile(
      times.map((ms, i) => ms - empties[i]),
      0.5,
    ),
    fastestOverEmptyMs: Number((Math.min(...times) - Math.min(...empties)).toFixed(2)),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number(sorted[Math.floor(sorted.length * share)].toFixed(2));
}
