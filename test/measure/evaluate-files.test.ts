import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClasses } from '../../gpu-embedder/measure/queries/classes.ts';
import { readTemplates } from '../../gpu-embedder/measure/queries/templates.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-classes-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function file(name: string, text: string | Uint8Array): Promise<string> {
  await writeFile(join(dir, name), text);
  return join(dir, name);
}

describe('classes', () => {
  it('are lines; a label is a line number or a name', async () => {
    const { names, ofLabel } = await readClasses(await file('a.txt', 'dog\n great cat \r\n'));
    expect(names).toEqual([['dog'], ['great cat']]);
    expect(ofLabel.get('1')).toBe(1);
    expect(ofLabel.get('dog')).toBe(0);
    expect(ofLabel.get('2')).toBeUndefined();
  });

  it('are read with a byte order mark, and whatever ends their lines', async () => {
    const utf16 = Buffer.from('\ufeffdog\rgreat cat\r', 'utf16le');
    expect((await readClasses(await file('mac.txt', utf16))).names).toEqual([
      ['dog'],
      ['great cat'],
    ]);
    const marked = await file('marked.json', '\ufeff{"dog": ["dog"]}');
    expect((await readClasses(marked)).names).toEqual([['dog']]);
  });

  it('are refused where their bytes are no text', async () => {
    const latin = await file('latin.txt', Buffer.from('dog\nbébé', 'latin1'));
    await expect(readClasses(latin)).rejects.toThrow(
      /latin\.txt: line 2: byte 0xe9 is not UTF-8; it looks like windows-1252; save it as UTF-8$/,
    );
  });

  it('are labels with names, in JSON', async () => {
    const path = await file('a.json', '{"n02": ["dog", "hound"], "n01": ["cat"]}');
    const { names, ofLabel } = await readClasses(path);
    expect(names[ofLabel.get('n02')!]).toEqual(['dog', 'hound']);
  });

  it.each([
    ['hole.txt', 'dog\n\ncat\n', /hole\.txt:2: expected a class/],
    ['empty.txt', '', /empty\.txt:1: expected a class/],
    ['list.json', '["dog"]', /list\.json: expected \{label: \[names\]\}/],
    ['empty.json', '{}', /expected a class/],
    ['cut.json', '{"a": ["b"', /cut\.json is not JSON/],
  ])('refuses %s', async (name, text, message) => {
    await expect(readClasses(await file(name, text))).rejects.toThrow(message);
  });

  it('reports a missing file', async () => {
    await expect(readClasses(join(dir, 'none.txt'))).rejects.toThrow(/none\.txt cannot be read/);
  });
});

describe('templates', () => {
  it('replace the placeholder by the class', async () => {
    const templates = await readTemplates(await file('t.txt', 'a {} here\n\nthe {c}.\n'));
    expect(templates.map((template) => template('$& dog'))).toEqual([
      'a $& dog here',
      'the $& dog.',
    ]);
  });

  it.each([
    ['a dog\n', /:1: expected \{\} or \{c\} where the class goes, got "a dog"/],
    ['\n', /expected a template a line, got none/],
  ])('refuses %j', async (text, message) => {
    await expect(readTemplates(await file('bad.txt', text))).rejects.toThrow(message);
  });
});
