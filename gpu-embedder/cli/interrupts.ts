/** The signals that ask a command to stop, and the exit codes that shells expect after them. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = keyof typeof exitCodes;

const stopSignals = Object.keys(exitCodes) as StopSignal[];

/** npm passes on the Ctrl-C that the terminal has sent already: within this, it is the same one. */
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

/** How the command that runs stops; absent: it may end anywhere. */
let stop: Stop | undefined;

/**
 * Decide here alone what a signal does, for the whole process; called once, before anything else
 * starts. The first signal stops the command as it asked for (`untilInterrupted`, `exitWhenInterrupted`),
 * or ends the process where it asked for nothing. The second one always ends the process.
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
  // A library would end the process while the command is still stopping: Miniflare does.
  process.on('newListener', (event, listener: () => void) => {
    if (stopSignals.some((signal) => signal === event)) {
      queueMicrotask(() => process.off(event, listener));
    }
  });
}

/**
 * Do work that a signal stops in order: the first one aborts the work's signal, whose reason is an
 * `Interrupted`. `runCli` turns that into the exit code.
 *
 * @param message - told to the user when the work is asked to stop
 * @throws Interrupted where the work failed after it was asked to stop: that is why
 */
export async function untilInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
  message?: string,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const listenNoMore = listen((why) => {
    if (message !== undefined) process.stderr.write(`\n${message}\n`);
    controller.abort(why);
  });
  try {
    return await work(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    listenNoMore();
  }
}

/** The exit code of a command whose work ended early because its signal asked it to. */
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
 * End the process at the first signal and tell the user that nothing is lost: for work that can be
 * broken off anywhere.
 *
 * @returns to listen no more
 */
export function exitWhenInterrupted(): () => void {
  return listen((why) => exit(why, 'interrupted: the same command goes on from here'));
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
