/** The signals that ask a command to stop. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;

type StopSignal = (typeof stopSignals)[number];

/** The exit codes that shells expect after a signal. */
const exitCodes: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** A signal that follows the first one within this time is the same Ctrl-C, which npm passes on again. */
const sameSignalMs = 500;

/** Why a command stopped: somebody pressed Ctrl-C, or the system asked it to end. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: StopSignal) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = exitCodes[signal];
  }
}

type Stop = (why: Interrupted) => void;

/** How the running command stops; undefined if the process may simply end. */
let stop: Stop | undefined;

/**
 * Handle the signals of the whole process; call it once, before anything else starts. The first
 * signal stops the command in the way that it chose (`untilInterrupted`, `exitWhenInterrupted`), or
 * ends the process if it chose none. The second signal always ends the process.
 */
export function handleInterrupts(): void {
  let firstAt: number | undefined;

  function handle(signal: StopSignal): void {
    const isFirst = firstAt === undefined;
    firstAt ??= performance.now();
    if (isFirst && stop) return stop(new Interrupted(signal));
    if (!isFirst && performance.now() - firstAt < sameSignalMs) return;
    exit(new Interrupted(signal), 'interrupted');
  }

  for (const signal of stopSignals) process.on(signal, handle);
  // Remove the handlers of libraries, because they may end the process while the command is still
  // stopping, as Miniflare does.
  process.on('newListener', (event, listener: () => void) => {
    if (stopSignals.some((signal) => signal === event)) {
      queueMicrotask(() => process.off(event, listener));
    }
  });
}

/**
 * Do work that can stop in order. The first Ctrl-C or SIGTERM aborts the `AbortSignal` of the work,
 * with an `Interrupted` as the reason. `runCli` turns that into the exit code.
 *
 * @param message - printed when the work is asked to stop
 * @throws Interrupted if the work was asked to stop and then failed
 */
export async function untilInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
  message?: string,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const stopListening = listen((why) => {
    if (message !== undefined) process.stderr.write(`\n${message}\n`);
    controller.abort(why);
  });
  try {
    return await work(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    stopListening();
  }
}

/** The exit code of a command whose work returned early because it was asked to stop. */
export function exitCodeOf({ reason }: AbortSignal): number {
  return reason instanceof Interrupted ? reason.exitCode : 1;
}

/** Wait until the work is asked to stop. */
export function stopAsked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * End the process at the first signal and tell the user that the same command continues the work.
 * This is for work that may end anywhere without a loss.
 *
 * @returns a function that undoes this
 */
export function exitWhenInterrupted(): () => void {
  return listen((why) => exit(why, 'interrupted: run the same command again to continue'));
}

function listen(next: Stop): () => void {
  const before = stop;
  stop = next;
  return () => {
    stop = before;
  };
}

function exit({ exitCode }: Interrupted, message: string): never {
  process.stderr.write(`\n${message}\n`);
  process.exit(exitCode);
}
