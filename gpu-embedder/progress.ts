import cliProgress from 'cli-progress';

/** What a stage tells about its progress. */
export interface Progress {
  /** Set the number of finished units; `note` says how it goes. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** Milliseconds between two lines where the output is not a terminal. */
const lineEveryMs = 5000;

/**
 * Show progress on stderr: a bar on a terminal, else a line every five seconds.
 *
 * @param total - number of units; 0 shows nothing
 */
export function progressBar(label: string, total: number): Progress {
  if (total <= 0) return { update() {}, stop() {} };
  return process.stderr.isTTY ? bar(label, total) : lines(label, total);
}

function bar(label: string, total: number): Progress {
  const single = new cliProgress.SingleBar(
    {
      format: `${label} {bar} {percentage}% {value}/{total} eta {eta_formatted} {note}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: false,
    },
    cliProgress.Presets.shades_classic,
  );
  single.start(total, 0, { note: '' });
  return {
    update: (done, note = '') => single.update(done, { note }),
    stop: () => single.stop(),
  };
}

function lines(label: string, total: number): Progress {
  let last = Date.now();
  return {
    update(done, note = '') {
      const now = Date.now();
      if (now - last < lineEveryMs) return;
      last = now;
      process.stderr.write(`${label} ${done}/${total} ${note}\n`);
    },
    stop() {},
  };
}
