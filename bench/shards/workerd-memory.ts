import { readFileSync, readdirSync } from 'node:fs';

/** Sum the peak resident memory of this process's workerd children, MB; null except on Linux. */
export function workerdPeak(): number | null {
  try {
    const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name));
    return children.reduce((sum, pid) => sum + field(pid, 'VmHWM') / 1000, 0);
  } catch {
    return null;
  }
}

function isOurs(pid: string): boolean {
  try {
    return field(pid, 'PPid') === process.pid && status(pid).startsWith('Name:\tworkerd');
  } catch {
    // The process has ended.
    return false;
  }
}

function field(pid: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status(pid))?.[1]);
}

function status(pid: string): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
