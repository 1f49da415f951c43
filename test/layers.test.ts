import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** site/ -> workers/ -> src/ <- gpu-embedder/, and src/ is pure. ESLint says so too, while one types. */
const allowed: Readonly<Record<string, RegExp>> = {
  src: /^(\.\.?\/(?!.*(gpu-embedder|workers|site)\/)|zod$|kysely$|@planetscale\/database$|@huggingface\/tokenizers$)/,
  workers: /^(?!node:)(?!.*(gpu-embedder|site)\/)/,
  site: /^(?!node:)(?!cloudflare:)(?!.*gpu-embedder\/)/,
  'gpu-embedder': /^(?!cloudflare:)(?!.*(workers|site)\/)/,
};

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g;
  return [...text.matchAll(pattern)].map(([, from, dynamic]) => from ?? dynamic);
}

test.each(Object.entries(allowed))('%s imports only what its layer may', (layer, pattern) => {
  const files = readdirSync(layer, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/assembly|vite\.config/.test(file))
    .map((file) => join(layer, file));
  expect(files.length).toBeGreaterThan(10);
  const wrong = files.flatMap((file) =>
    imports(file).flatMap((from) => (pattern.test(from) ? [] : [`${file}: ${from}`])),
  );
  expect(wrong).toEqual([]);
});
