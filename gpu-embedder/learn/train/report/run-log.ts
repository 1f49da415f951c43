import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DiptychError } from '../../../../src/errors.ts';
import type { LogRecord } from '../run/records.ts';

/** Add a record to log.jsonl. */
export function appendLog(path: string, record: LogRecord): void {
  appendFileSync(path, line(record));
}

/**
 * Read log.jsonl; without the file there are no records. A killed run may leave its last line
 * incomplete: such a line is skipped.
 *
 * @throws DiptychError `unreadable_source` if another line is not a record
 */
export function readLog(path: string): LogRecord[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  const cutOff = lines.pop()!;
  const records = lines.map((text, i) => {
    const record = parse(text);
    if (record) return record;
    throw new DiptychError(
      'unreadable_source',
      `${path}:${i + 1}: expected a record of type step or validation, got ${text.slice(0, 80) || 'an empty line'}`,
    );
  });
  const last = parse(cutOff);
  return last ? [...records, last] : records;
}

/**
 * Drop the records after a step, so that a run that resumes there writes each step once.
 *
 * @param step - 0 drops everything, whatever the file contains
 */
export function truncateLog(path: string, step: number): void {
  const kept = step > 0 ? readLog(path).filter((record) => record.step <= step) : [];
  writeFileSync(`${path}.partial`, kept.map(line).join(''));
  renameSync(`${path}.partial`, path);
}

const line = (record: LogRecord): string => `${JSON.stringify(record)}\n`;

function parse(text: string): LogRecord | null {
  try {
    const record = JSON.parse(text) as LogRecord | null;
    return record?.type === 'step' || record?.type === 'validation' ? record : null;
  } catch {
    return null;
  }
}
