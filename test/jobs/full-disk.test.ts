import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Run a command line with a small disk mounted at a folder; no other process sees this disk. */
const withDisk = (dir: string, line: string) => [
  ...['--user', '--map-root-user', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=4m tmpfs '${dir}' && ${line}`,
];

/** Not every system lets users mount. */
function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'diptych-disk-'));
  try {
    execFileSync('unshare', withDisk(dir, 'true'), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test.runIf(canMount())(
  'a job that finds the disk full when it publishes waits for room',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'diptych-disk-'));
    const script = `exec node --import tsx test/jobs/full-disk.ts '${dir}'`;
    const { stdout } = await promisify(execFile)('unshare', withDisk(dir, script));
    const { report, failures, differences } = JSON.parse(stdout) as Record<string, unknown>;
    expect(failures).toHaveLength(3);
    expect(String(failures)).toContain('ENOSPC');
    expect(report).toMatchObject({ state: 'succeeded', inputs: 30, indexed: 30 });
    expect(differences).toEqual([]);
    rmSync(dir, { recursive: true });
  },
  60_000,
);
