import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The plan of the house: docs/architecture.md draws it, ESLint says so while one types, this test keeps it. */

/** site/ -> workers/ -> src/ <- gpu-embedder/, and src/ is pure. */
const layers: Readonly<Record<string, RegExp>> = {
  src: /^(\.\.?\/(?!.*(gpu-embedder|workers|site)\/)|zod$|kysely$|@planetscale\/database$|@huggingface\/tokenizers$)/,
  workers: /^(?!node:)(?!.*(gpu-embedder|site)\/)/,
  site: /^(?!node:)(?!cloudflare:)(?!.*gpu-embedder\/)/,
  'gpu-embedder': /^(?!cloudflare:)(?!.*(workers|site)\/)/,
};

/** Wings of gpu-embedder in the order data flows: each imports itself and those before it. cli.ts starts them. */
const wings = ['common', 'data', 'learn', 'embed', 'index', 'measure', 'operate', 'cli'];

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file that a relative import names. */
  readonly to: string | undefined;
  readonly typesOnly: boolean;
}

const files = Object.keys(layers).flatMap((layer) =>
  readdirSync(layer, { recursive: true, encoding: 'utf8' })
    .map((file) => join(layer, file))
    .filter((file) => /\.tsx?$/.test(file) && !/assembly|vite\.config|node_modules/.test(file)),
);
const imports = files.flatMap(importsOf);

function importsOf(from: string): Import[] {
  const text = readFileSync(from, 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|new URL\(\s*'(\.[^']+\.ts)'/g;
  return [...text.matchAll(pattern)].map(([, type, named, dynamic, thread]) => {
    const specifier = named ?? dynamic ?? thread;
    const path = join(dirname(from), specifier);
    const to = specifier.startsWith('.') && existsSync(path) ? path : undefined;
    return { from, specifier, to, typesOnly: type !== undefined };
  });
}

describe('layers', () => {
  test.each(Object.entries(layers))('%s imports only what its layer may', (layer, pattern) => {
    const own = imports.filter(({ from }) => from.startsWith(`${layer}/`));
    expect(own.length).toBeGreaterThan(10);
    const wrong = own.filter(({ specifier }) => !pattern.test(specifier));
    expect(wrong.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
  });

  test('a wing of gpu-embedder imports itself and wings before it', () => {
    const wingOf = (file: string) => /^gpu-embedder\/([^/]+)\//.exec(file)?.[1];
    const unknown = files.filter((file) => {
      const wing = wingOf(file);
      return file.startsWith('gpu-embedder/') && (!wing || !wings.includes(wing));
    });
    expect(unknown).toEqual(['gpu-embedder/cli.ts', 'gpu-embedder/run-cli.ts']);
    const back = imports.filter(({ from, to }) => {
      const [a, b] = [wingOf(from), to && wingOf(to)];
      return a && b && wings.indexOf(b) > wings.indexOf(a);
    });
    expect(back.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});

describe('folders', () => {
  test('none holds more than 25 files', () => {
    const sizes = new Map<string, number>();
    for (const file of files) sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
    expect([...sizes].filter(([, count]) => count > 25)).toEqual([]);
  });

  test('no circle of folders by values', () => {
    const arrows = new Map<string, Set<string>>();
    for (const { from, to, typesOnly } of imports) {
      if (typesOnly || !to || dirname(from) === dirname(to)) continue;
      arrows.set(dirname(from), (arrows.get(dirname(from)) ?? new Set()).add(dirname(to)));
    }
    expect(circles(arrows)).toEqual([]);
  });

  test('the table of docs/architecture.md partitions the tree', () => {
    const listed = [
      ...readFileSync('docs/architecture.md', 'utf8').matchAll(/^\|\s*`([^`]+)\/`/gm),
    ];
    const rows = listed.map(([, folder]) => folder);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((folder, i) => rows.indexOf(folder) !== i)).toEqual([]);
    // A row holds its folder and those below it that have no row of their own, so that a folder is in one row.
    const depth = (file: string) => (file.startsWith('gpu-embedder/') ? 3 : 2);
    const rooms = files.map((file) => dirname(file).split('/').slice(0, depth(file)).join('/'));
    expect(rows.toSorted()).toEqual([...new Set(rooms)].toSorted());
  });
});

/** Groups of folders that lead back to themselves. */
function circles(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const reach = (start: string) => {
    const seen = new Set<string>();
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of arrows.get(at) ?? []) {
        if (!seen.has(next)) {
          seen.add(next);
          open.push(next);
        }
      }
    }
    return seen;
  };
  const reached = new Map([...arrows.keys()].map((folder) => [folder, reach(folder)]));
  const inCircle = [...arrows.keys()].filter((folder) => reached.get(folder)?.has(folder));
  const groups = inCircle.map((folder) =>
    inCircle.filter((other) => reached.get(folder)?.has(other) && reached.get(other)?.has(folder)),
  );
  return groups.filter((group, i) => groups.findIndex((g) => g[0] === group[0]) === i);
}
