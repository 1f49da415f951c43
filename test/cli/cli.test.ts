import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf, runDiptych, startDiptych } from './run-diptych.ts';

const commands = [
  'prepare',
  'train',
  'encode',
  'index',
  'publish',
  'migrate',
  'keys',
  'ingest',
  'reindex',
  'verify',
  'purge',
  'versions',
  'export',
  'evaluate',
  'search',
  'serve',
  'dev',
];
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('diptych', () => {
  it('lists its commands on one screen', async () => {
    const { code, stdout } = await runDiptych('--help');
    expect(code).toBe(0);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(40);
    expect([...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)).toEqual([
      ...commands,
      'help',
    ]);
  });

  it.each(commands)('%s --help fits one screen', async (command) => {
    const { code, stdout } = await runDiptych(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: diptych ${command} `));
    expect(stdout.split('\n').length).toBeLessThanOrEqual(40);
  });

  it('prints the same help for "help COMMAND"', async () => {
    expect(await runDiptych('help', 'search')).toEqual(await runDiptych('search', '--help'));
  });

  it('ends with the exit code of the command, and keeps stdout for results', async () => {
    const { code, stdout, stderr } = await outcomeOf(startDiptych('serch'));
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain("unknown command 'serch'");
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await runDiptych('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [[], /Usage: diptych/],
    [['serch'], /unknown command 'serch'[\s\S]*search/],
    [['--colour'], /unknown option '--colour'/],
    [['evaluate', '--dat', 'x'], /unknown option '--dat'[\s\S]*--data/],
    [['search', 'cake', 'extra'], /too many arguments/],
    [['search', 'cake', '--limit', '0'], /--limit <n>.*expected 1 to 100/],
    [['search', 'cake', '--mode', 'magic'], /Allowed choices are hybrid, vector, keyword/],
    [['evaluate', '--min', 'recall'], /expected metric=value/],
  ])('exits with 2 on the command line %j', async (args, message) => {
    const { code, stdout, stderr } = await runDiptych(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  it.each([
    [['search', 'cake', '--index', '/nowhere'], /^error\[not_prepared\]: \/nowhere: .*diptych dev/],
    [['search', ' '], /^error\[empty_query\]: /],
    [['search', '--image', '/nowhere.png'], /^error\[unreadable_image\]: \/nowhere\.png/],
    [['search', 'cake', '--image', 'x.png'], /^error\[invalid_option\]: .*got both/],
    [['evaluate', '--data', '/nowhere'], /^error\[not_prepared\]: .*\/nowhere/],
    [['evaluate', '--set', 'nosuch'], /^error\[invalid_option\]: unknown pictogram set "nosuch": /],
    [['versions', 'list', '--store', '/nowhere'], /^error\[not_prepared\]: --store \/nowhere: /],
    [
      ['dev', '--host', '192.0.2.1'],
      /^error\[invalid_option\]: --host 192\.0\.2\.1: expected a name/,
    ],
  ])('exits with 1 and one line with a code on %j', async (args, message) => {
    const { code, stdout, stderr } = await runDiptych(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('does not take in an empty folder in silence', async () => {
    const empty = join(dir, 'empty');
    await mkdir(empty);
    const flags = ['--collection', 'c', '--work-dir', dir];
    const { code, stderr } = await runDiptych('ingest', 'folder', empty, ...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error\[unreadable_source\]: empty: expected items to take in, got none/,
    );
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops on %s', async (signal, expected) => {
    // The command waits until the other end of the pipe is opened, so after opening it the command runs.
    const pipe = join(dir, signal);
    execFileSync('mkfifo', [pipe]);
    const child = startDiptych('search', '--image', pipe);
    const outcome = outcomeOf(child);
    const end = await open(pipe, 'w');
    child.kill(signal);
    await end.close();
    const { code, stderr } = await outcome;
    expect(code).toBe(expected);
    expect(stderr).toContain('interrupted');
  });
});
