import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DiptychError } from '../../src/errors.ts';

export interface Torch {
  readonly python: string;
  readonly version: string;
}

const run = promisify(execFile);

/** Debian installs packages for its own interpreter, which may not be the first one on the path. */
const interpreters = ['python3', '/usr/bin/python3'];

/**
 * Find a Python interpreter that has PyTorch.
 *
 * @throws DiptychError `invalid_option` where there is none
 */
export async function findTorch(): Promise<Torch> {
  for (const python of interpreters) {
    try {
      const { stdout } = await run(python, ['-c', 'import torch; print(torch.__version__)']);
      return { python, version: stdout.trim() };
    } catch {
      // Try the next interpreter.
    }
  }
  throw new DiptychError(
    'invalid_option',
    `--against torch: expected PyTorch in ${interpreters.join(' or ')}, found none; ` +
      'on Debian: apt-get install python3-torch libopenblas0-pthread',
  );
}
