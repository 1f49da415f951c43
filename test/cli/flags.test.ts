import { describe, expect, it } from 'vitest';
import { runDiptych } from './run-diptych.ts';

/** Every command line that has flags of its own. */
const lines = [
  ['prepare', 'pictograms'],
  ['prepare', 'folder'],
  ['prepare', 'coco'],
  ['prepare', 'tar'],
  ['prepare', 'parquet'],
  ['train'],
  ['encode'],
  ['caption-corpus'],
  ['index'],
  ['publish'],
  ['migrate'],
  ['keys', 'create'],
  ['ingest', 'dataset'],
  ['ingest', 'folder'],
  ['ingest', 'coco'],
  ['ingest', 'tar'],
  ['ingest', 'parquet'],
  ['reindex'],
  ['verify'],
  ['purge'],
  ['versions', 'list'],
  ['versions', 'rollback'],
  ['versions', 'remove'],
  ['versions', 'collect'],
  ['export', 'static'],
  ['evaluate'],
  ['search'],
  ['serve'],
  ['dev'],
];
/** Placeholders of flags that take a number. */
const numbers = /^(n|x|t|share|factor|pixels|steps|minutes|seconds)$/;
const notNumbers = ['', ' ', 'abc', '12x', '0x10', '1,5', 'NaN', 'Infinity', '1e999', '-1'];

/** List the flags of a command line whose placeholder in the help matches. */
async function flagsOf(line: readonly string[], placeholder: RegExp): Promise<string[]> {
  const { stdout } = await runDiptych(...line, '--help');
  return [...stdout.matchAll(/^ +(--[\w-]+) <([^>]+)>/gim)].flatMap(([, flag, name]) =>
    placeholder.test(name) ? [flag] : [],
  );
}

/** Run a command line with a value for a flag, and return the message: the value must be refused. */
async function refusal(line: readonly string[], flag: string, value: string): Promise<string> {
  const { code, stdout, stderr } = await runDiptych(...line, `${flag}=${value}`);
  expect({ flag, value, code, stdout }, stderr).toEqual({ flag, value, code: 2, stdout: '' });
  return stderr;
}

describe('a flag that takes a number', () => {
  it.each(lines.map((line) => [line.join(' '), line] as const))(
    'is refused what is none: %s',
    async (_, line) => {
      for (const flag of await flagsOf(line, numbers)) {
        for (const value of notNumbers) {
          const message = await refusal(line, flag, value);
          expect(message).toContain(`, got ${JSON.stringify(value)}`);
          expect(message).toMatch(/expected (a |\d)/);
        }
      }
    },
  );

  it('is in the list above if it is in the help', async () => {
    const found: string[] = [];
    for (const line of lines) found.push(...(await flagsOf(line, numbers)));
    expect(found.length).toBeGreaterThanOrEqual(40);
  });

  it.each([
    ['search', '--limit', '101', 'expected 1 to 100, got "101"'],
    ['search', '--limit', '1.5', 'expected a whole number from 1 to 100, got "1.5"'],
    ['train', '--batch', '1.5', 'expected a whole number from 1 on, got "1.5"'],
    ['train', '--learning-rate', '0', 'expected a number above 0, got "0"'],
    ['index', '--recall', '0', 'expected a number above 0, and 1 at most, got "0"'],
    ['index', '--M', '1', 'expected 2 to '],
    ['reindex', '--shards', '65', 'expected 1 to 64, got "65"'],
    ['publish', '--recall', '1.01', 'expected 0 to 1, got "1.01"'],
    ['serve', '--port', '65536', 'expected 0 to 65535, got "65536"'],
    ['dev', '--port', '0', 'expected 1 to 65535, got "0"'],
    ['serve', '--grace', '3601', 'expected 0 to 3600, got "3601"'],
  ])('says what it takes: %s %s %s', async (command, flag, value, message) => {
    expect(await refusal([command], flag, value)).toContain(message);
  });
});

describe('an empty value', () => {
  it.each([
    [['dev', '--work-dir', ''], "option '--work-dir <dir>' argument ''"],
    [['train', '--out='], "option '--out <dir>' argument ''"],
    [['publish', '--index', 'x', '--store', ''], "option '--store <where>' argument ''"],
    [['prepare', 'folder', ''], "argument 'dir'"],
    [['prepare', 'tar', 'a.tar', ''], "argument 'shards'"],
    [['ingest', 'folder', '', '--collection', 'x'], "argument 'images'"],
    [['keys', 'create', ''], "argument 'name'"],
  ])('is refused, as of a variable that is not set: %j', async (line, what) => {
    const { code, stdout, stderr } = await runDiptych(...line);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${what} is invalid. expected a value, got ""`);
  });
});

it.each([
  [['prepare', 'pictograms'], '--sets', ' , ', 'expected names separated by commas'],
  [['keys', 'create'], '--scopes', '', 'expected names separated by commas'],
  [['keys', 'create'], '--scopes', 'read,all', 'expected some of read'],
  [['evaluate'], '--recall-k', '1,,5', 'expected a whole number from 1 on, got ""'],
])('a list is refused a part that is none: %j %s %j', async (line, flag, value, message) => {
  expect(await refusal(line, flag, value)).toContain(message);
});

it('the devices are the same wherever one is chosen', async () => {
  const asked = [];
  for (const line of lines) {
    for (const flag of await flagsOf(line, /^name$/)) {
      if (flag !== '--device') continue;
      asked.push(line.join(' '));
      const message = await refusal(line, flag, 'tpu');
      expect(message).toContain('Allowed choices are cpu, webgpu, cuda');
    }
  }
  expect(asked).toEqual(['train', 'encode', 'caption-corpus', 'evaluate', 'serve']);
});

it('the model is described in the same words wherever one is chosen', async () => {
  const words = new Map<string, string[]>();
  for (const line of lines) {
    const { stdout } = await runDiptych(...line, '--help');
    const [, name, text] = /--model <(\S+)> +([^]+?)\n +-/.exec(stdout) ?? [];
    if (name === undefined) continue;
    const said = `${name}: ${text.replaceAll(/\s+/g, ' ')}`;
    words.set(said, [...(words.get(said) ?? []), line.join(' ')]);
  }
  const starter = '(default: "models/pictogram")';
  expect([...words]).toEqual([
    [
      `dir|id: model folder, or OWNER/NAME on the hub ${starter}`,
      [
        ...['encode', 'caption-corpus', 'index', 'publish', 'reindex', 'export static', 'evaluate'],
        ...['search', 'serve'],
      ],
    ],
    [`dir: model folder; models of the hub do not run there ${starter}`, ['dev']],
  ]);
});

describe('the name of a collection', () => {
  const refused = ['', '.', '..', 'a/b', '../x', '-x', '.x', 'ä', 'a b', 'a'.repeat(64)];

  it('is refused by one rule, which says what can be done with an old collection', async () => {
    const asked = [];
    for (const line of lines) {
      const [flag] = (await flagsOf(line, /^name$/)).filter((one) => one === '--collection');
      if (flag === undefined || ['list', 'remove', 'collect'].includes(line[1])) continue;
      asked.push(line.join(' '));
      for (const name of refused) {
        const message = await refusal(line, flag, name);
        expect(message).toContain('expected 1 to 63 letters, digits, ".", "_" or "-"');
        expect(message).toContain('can still be listed and removed with diptych versions');
      }
    }
    expect(asked).toEqual([
      ...['encode', 'index'],
      ...['dataset', 'folder', 'coco', 'tar', 'parquet'].map((source) => `ingest ${source}`),
      ...['reindex', 'verify', 'purge', 'versions rollback', 'export static'],
    ]);
  });

  it.each(['list', 'remove', 'collect'])('can be any old name for versions %s', async (act) => {
    for (const name of ['', '.', '..', 'a/b', '../x']) {
      expect(await refusal(['versions', act], '--collection', name)).toContain('without "/"');
    }
  });
});
