import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import { siteSchema, type Site } from '../../../src/version/site.ts';
import { runDiptych } from '../../cli/run-diptych.ts';
import { writeTinyVersion, type TinyVersion } from '../../setup/tiny-version.ts';

let dir: string;
let tiny: TinyVersion;
let site: string;
let sites = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-export-'));
  tiny = await writeTinyVersion(dir, 'pictograms');
}, 60_000);
beforeEach(() => {
  site = join(dir, `site-${sites++}`);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const run = (...flags: string[]) =>
  runDiptych('export', 'static', site, '--index', tiny.index, '--model', tiny.model, ...flags);
const exported = async (...flags: string[]): Promise<Site> => {
  const { code, stderr } = await run(...flags);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('error') });
  return siteSchema.parse(JSON.parse(await readFile(join(site, 'site.json'), 'utf8')));
};
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}

describe('diptych export static', () => {
  it('fits its help on a screen', async () => {
    const { code, stdout } = await runDiptych('export', 'static', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: diptych export static \[options\] <dir>/);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(40);
  });

  it('lists every file with its size, and says how to open the site', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toContain(`${site}: pictograms `);
    expect(stdout).toContain('http.server');
    const { complete, files } = await exported();
    expect(complete).toBe(true);
    expect([...Object.keys(files), 'site.json'].sort()).toEqual(await filesIn(site));
    for (const [path, { bytes }] of Object.entries(files)) {
      expect([path, (await stat(join(site, path))).size]).toEqual([path, bytes]);
    }
  });

  it('refuses a folder with other files, and with --force writes beside them', async () => {
    await mkdir(site);
    await writeFile(join(site, 'CNAME'), 'search.example');
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/error\[invalid_option\].*--force/);
    expect(await filesIn(site)).toEqual(['CNAME']);
    await exported('--force');
    expect(await readFile(join(site, 'CNAME'), 'utf8')).toBe('search.example');
    await exported();
  });

  it.each(['index.html', 'site.json'])('never overwrites a foreign %s', async (name) => {
    await mkdir(site);
    await writeFile(join(site, name), '{"mine": true}');
    const { code, stderr } = await run('--force');
    expect(code).toBe(1);
    expect(stderr).toContain(join(site, name));
    expect(await filesIn(site)).toEqual([name]);
    expect(await readFile(join(site, name), 'utf8')).toBe('{"mine": true}');
  });

  it('updates an earlier export, and removes only files of that export', async () => {
    const before = await exported();
    const versionDir = join('store/collections/pictograms', before.version);
    const note = join(site, 'store/note.txt');
    await writeFile(note, 'mine');
    const { code } = await run('--index', await tiny.again(8));
    expect(code).toBe(0);
    expect(existsSync(join(site, versionDir))).toBe(false);
    expect(await readFile(note, 'utf8')).toBe('mine');
    const { complete, version, files } = siteSchema.parse(
      JSON.parse(await readFile(join(site, 'site.json'), 'utf8')),
    );
    expect(complete).toBe(true);
    expect(version).not.toBe(before.version);
    expect([...Object.keys(files), 'site.json', 'store/note.txt'].sort()).toEqual(
      await filesIn(site),
    );
  });

  it('completes an interrupted export', async () => {
    const whole = await exported();
    const [lost] = Object.keys(whole.files);
    await rm(join(site, lost));
    await writeFile(join(site, 'site.json'), JSON.stringify({ ...whole, complete: false }));
    expect(await exported()).toEqual(whole);
    expect(existsSync(join(site, lost))).toBe(true);
  });

  it('never follows site.json out of the folder', async () => {
    const whole = await exported();
    const mine = join(dir, 'mine.txt');
    await writeFile(mine, 'mine');
    const files = { ...whole.files, '../mine.txt': { bytes: 4 } };
    await writeFile(join(site, 'site.json'), JSON.stringify({ ...whole, files }));
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain('site.json');
    expect(await readFile(mine, 'utf8')).toBe('mine');
  });

  it('writes nothing for a model that the index was not built with', async () => {
    const other = join(dir, 'other-model');
    await writeTinyModel(other, { seed: 4 });
    const { code, stderr } = await run('--model', other);
    expect(code).toBe(1);
    expect(stderr).toContain('error[model_mismatch]');
    expect(existsSync(site)).toBe(false);
  });

  it('refuses an index of another format and says what to do', async () => {
    const old = join(dir, 'old');
    await mkdir(old);
    const manifest = await readFile(join(tiny.index, 'manifest.json'), 'utf8');
    const older = { ...(JSON.parse(manifest) as object), formatVersion: 1 };
    await writeFile(join(old, 'manifest.json'), JSON.stringify(older));
    const { code, stderr } = await run('--index', old);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error\[index_unreadable\]: .*old.manifest\.json: .*expected format version 3, got 1.*diptych index/,
    );
  });

  it('refuses a version in shards, which diptych search opens as a whole', async () => {
    const shards = ['--index', await tiny.again(16, 3), '--model', tiny.model];
    const { code, stderr } = await run(...shards);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error\[invalid_option\].*expected a version without shards, got 3 shards/,
    );
    expect(existsSync(site)).toBe(false);

    const query = ['search', 'birthday cake', '--mode', 'vector', '--limit', '10', '--json'];
    const found: string[][] = [];
    for (const flags of [shards, ['--index', tiny.index, '--model', tiny.model]]) {
      const { stdout } = await runDiptych(...query, ...flags);
      const { matches } = JSON.parse(stdout) as { matches: { id: string }[] };
      found.push(matches.map(({ id }) => id));
    }
    expect(found[0]).toHaveLength(10);
    expect(found[0]).toEqual(found[1]);
  });

  it('reports a missing index', async () => {
    const { code, stderr } = await run('--index', join(dir, 'nothing'));
    expect(code).toBe(1);
    expect(stderr).toContain('error[not_prepared]');
  });
});
