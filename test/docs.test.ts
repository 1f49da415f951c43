import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** The pages that people read: whatever a page names in the tree is there. */
const pages = ['.', 'docs'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
);

/** A path below a folder of the root: `src/hnsw`, `test/house.test.ts`. */
const path =
  /(?<![\w./:@-])(?:src|workers|gpu-embedder|site|bench|scripts|test|docs|deploy|migrations|bin|corpus|models)\/[\w./*<>-]*/g;
/** A path that stands for several: `migrations/d1/*.sql`, `bench/NAME.ts`. */
const pattern = /[*<]|\bNAME\b/;
const link = /\]\(([^)\s]+)\)/g;

test.each(pages)('%s names files and folders that exist', (page) => {
  const named = [...read(page).matchAll(path)].map(([found]) => found.replace(/[./]+$/, ''));
  const wrong = named.filter((name) => !pattern.test(name) && !existsSync(name));
  expect(wrong).toEqual([]);
});

test.each(pages)('%s links to files and headings that exist', (page) => {
  const links = [...read(page).matchAll(link)].map(([, to]) => to);
  const wrong = links.filter((to) => !/^https?:/.test(to) && !leadsSomewhere(page, to));
  expect(wrong).toEqual([]);
});

function read(page: string): string {
  return readFileSync(page, 'utf8');
}

function leadsSomewhere(page: string, to: string): boolean {
  const [file, anchor] = to.split('#');
  const target = file === '' ? page : join(dirname(page), file);
  return existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
