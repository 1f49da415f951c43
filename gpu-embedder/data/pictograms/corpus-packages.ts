import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DiptychError } from '../../../src/errors.ts';
import { corpusManifestFiles, onDemandPackages } from './corpus-sets.ts';

const searchPaths = createRequire(import.meta.url).resolve.paths('x') ?? [];

/** The packages that the corpus is read from. */
export interface CorpusPackages {
  has(name: string): boolean;
  /** Installed version; for a missing package, the version that an installation would bring. */
  version(name: string): string | undefined;
  /** Read a JSON file of a package. */
  json<T>(name: string, file: string): T;
  /** Load a package that ships its data as a module. */
  module<T>(name: string): T;
}

/**
 * Look for packages in the project's own node_modules, then among those installed on demand.
 *
 * @param corpusDir - folder of the installation on demand
 */
export function corpusPackages(corpusDir: string): CorpusPackages {
  const roots = [...searchPaths, resolve(corpusDir, 'node_modules')];
  const find = (name: string): string | undefined =>
    roots.map((root) => join(root, name)).find((dir) => existsSync(join(dir, 'package.json')));
  const installed = (name: string): string => {
    const dir = find(name);
    if (dir === undefined) {
      throw new DiptychError(
        'unreadable_source',
        `expected the npm package ${name}, which is not installed; ` +
          'install the icon and emoji data of the demo with: npm ci --workspace corpus',
      );
    }
    return dir;
  };
  const json = <T>(name: string, file: string): T => {
    const dir = installed(name);
    try {
      return JSON.parse(readFileSync(join(dir, file), 'utf8')) as T;
    } catch (cause) {
      throw new DiptychError(
        'unreadable_source',
        `${join(dir, file)}: expected the JSON that ${name} ships: ${(cause as Error).message}`,
        undefined,
        { cause },
      );
    }
  };
  return {
    has: (name) => find(name) !== undefined,
    version: (name) =>
      find(name) === undefined
        ? onDemandPackages()[name]
        : json<{ version: string }>(name, 'package.json').version,
    json,
    module: <T>(name: string) => createRequire(import.meta.url)(installed(name)) as T,
  };
}

/**
 * Install the packages of `corpus/on-demand/package.json` with npm; a second try keeps the files
 * that the first one fetched.
 *
 * @throws DiptychError unreadable_source - npm failed, usually because no registry was reachable
 */
export async function installCorpus(corpusDir: string): Promise<void> {
  await mkdir(corpusDir, { recursive: true });
  for (const url of corpusManifestFiles) {
    const from = fileURLToPath(url);
    await copyFile(from, join(corpusDir, basename(from)));
  }
  process.stderr.write(`Installing the rest of the corpus with npm into ${corpusDir} (277 MB)\n`);
  await new Promise<void>((done, fail) => {
    execFile(
      'npm',
      ['install', '--prefix', '.', '--ignore-scripts', '--no-audit', '--no-fund'],
      { cwd: corpusDir, maxBuffer: 16 * 1024 * 1024, shell: process.platform === 'win32' },
      (cause, _stdout, stderr) => {
        if (cause === null) return done();
        const lines = stderr.split('\n').filter((line) => line.startsWith('npm error'));
        const reason = lines.slice(0, 4).join('\n') || cause.message;
        fail(
          new DiptychError(
            'unreadable_source',
            `npm could not install the corpus into ${corpusDir}; run the command again when ` +
              `the npm registry can be reached (fetched packages are kept).\n${reason}`,
            undefined,
            { cause },
          ),
        );
      },
    );
  });
}
