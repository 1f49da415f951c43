import cliProgress from 'cli-progress';
import { cursorOutput, oneLine } from './terminal.ts';
import { clock, timeLeft } from './time-left.ts';

/** Shows the progress of a stage. */
export interface Progress {
  /** Set the number of finished units, and a short note about the work, such as a loss or a speed. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** Milliseconds between two lines if the output is not a terminal. */
const lineEveryMs = 5000;
const barCells = { least: 6, most: 24 };

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
  const left = timeLeft(total);
  let note = '';
  const single = new cliProgress.SingleBar({
    format: (_, { value }) => {
      const state = { label, done: value, total, note, left: left.seconds() };
      return oneLine(barLine(state, process.stderr.columns ?? 80));
    },
    stream: cursorOutput(),
    hideCursor: true,
  });
  single.start(total, 0);
  return {
    update(done, text = '') {
      note = text;
      left.update(done);
      single.update(done);
    },
    stop: () => single.stop(),
  };
}

function lines(label: string, total: number): Progress {
  const left = timeLeft(total);
  let last = Date.now();
  return {
    update(done, note = '') {
      left.update(done);
      const now = Date.now();
      if (now - last < lineEveryMs) return;
      last = now;
      const state = { label, done, total, note, left: left.seconds() };
      process.stderr.write(`${plainLine(state)}\n`);
    },
    stop() {},
  };
}

export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly note: string;
  /** Seconds. */
  readonly left: number | null;
}

/** Describe the state: "train 42% 840/2000 | loss 2.345 | 12:30 left". */
export function plainLine(state: ProgressState): string {
  const { label, done, total, note } = state;
  return `${label} ${joined(`${percent(state)} ${done}/${total}`, note, timeOf(state))}`;
}

/** Fit the state into a line of a terminal: the bar takes the room that the text leaves. */
export function barLine(state: ProgressState, columns: number): string {
  const { label, done, total, note } = state;
  const room = columns - label.length - 2;
  const texts = shorterNotes(note).map((text) =>
    text
      ? joined(percent(state), text, timeOf(state))
      : joined(`${percent(state)} ${done}/${total}`, timeOf(state)),
  );
  const text = texts.find(({ length }) => length + barCells.least <= room) ?? texts.at(-1)!;
  const cells = Math.max(barCells.least, Math.min(barCells.most, room - text.length));
  const full = Math.floor((cells * Math.min(done, total)) / total);
  return `${label} ${'█'.repeat(full)}${'░'.repeat(cells - full)} ${text}`;
}

/** List shorter forms of a note: first without its first part, which changes least, then also from the end. */
function shorterNotes(note: string): string[] {
  const parts = note.split(' | ');
  const shorter = parts.map((_, i) => parts.slice(1, parts.length - i));
  return [parts, ...shorter].map((some) => some.join(' | '));
}

const joined = (...parts: readonly string[]): string => parts.filter(Boolean).join(' | ');

const percent = ({ done, total }: ProgressState): string => `${Math.floor((100 * done) / total)}%`;

const timeOf = ({ done, total, left }: ProgressState): string =>
  left === null || done >= total ? '' : `${clock(left)} left`;
