import { readdirSync, readFileSync } from 'node:fs';

/** Processes of this process whose program is `name` (Linux). */
export function childrenNamed(name: string): number[] {
  const of = (pid: number | 'self'): number[] =>
    readdirSync(`/proc/${pid}/task`).flatMap(
      (task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number), // prettier-ignore
    );
  return of('self')
    .flatMap((pid) => [pid, ...of(pid)])
    .filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name);
}

/** Milliseconds that the threads of a process have run, to the nanosecond that the kernel counts. */
export function cpuMs(pid: number | 'self'): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((a, b) => a + b, 0) / 1e6;
}

/** The median over `runs` of the CPU time of a call. */
export async function medianCpuMs(
  pid: number | 'self',
  runs: number,
  call: () => Promise<unknown>,
): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = cpuMs(pid);
    await call();
    times.push(cpuMs(pid) - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)];
}
