import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** A project of one source file, run as the CLI is. */
const root = mkdtempSync(join(tmpdir(), 'diptych-compiled-'));
const source = join(root, 'gpu-embedder/cli.ts');
const write = (line: string) => writeFileSync(source, `const one: number = 1;\n${line}\n`);

async function run() {
  const bin = join(root, 'bin/diptych.mjs');
  return (await promisify(execFile)(process.execPath, [bin])).stdout.trim();
}

beforeAll(() => {
  cpSync('bin', join(root, 'bin'), { recursive: true });
  cpSync('package.json', join(root, 'package.json'));
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  for (const layer of ['gpu-embedder', 'src']) {
    mkdirSync(join(root, layer));
    cpSync(`${layer}/package.json`, join(root, layer, 'package.json'));
  }
});
afterAll(() => rmSync(root, { recursive: true }));

test('a command runs its current sources, also when several commands start at once', async () => {
  write('console.log(one);');
  expect(await Promise.all([run(), run(), run()])).toEqual(['1', '1', '1']);
  const [known] = readdirSync(join(root, 'build/node'));
  expect(await run()).toBe('1');
  expect(readdirSync(join(root, 'build/node'))).toEqual([known]);
  write('console.log(one + 1);');
  expect(await run()).toBe('2');
});

test('a module knows the place of its source, and an error names the line in it', async () => {
  write("console.log(new URL('.', import.meta.url).href);");
  expect(await run()).toBe(pathToFileURL(join(root, 'gpu-embedder/')).href);
  write('throw new Error(`${one}`);');
  await expect(run()).rejects.toThrow(`${source}:2:7`);
});
