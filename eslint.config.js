import tseslint from 'typescript-eslint';

/** Layers: site/ -> workers/ -> src/ <- gpu-embedder/. src/ is pure: what differs by runtime is passed in. */
const pure = [
  { group: ['node:*', 'cloudflare:*'], message: 'src/ is pure: pass it in.' },
  {
    group: ['**/gpu-embedder/**', '**/workers/**', '**/site/**'],
    message: 'src/ imports no other layer.',
  },
  {
    group: [
      'sharp',
      'onnxruntime-*',
      'hnswlib-node',
      'usearch',
      'miniflare',
      'wrangler',
      'fast-png',
    ],
    message: 'src/ imports nothing native or bound to a runtime.',
  },
];

/** Wings of gpu-embedder in the order data flows: each imports itself and those before it. */
const wings = ['common', 'data', 'learn', 'embed', 'index', 'measure', 'operate', 'cli'];

const notFromSrc = {
  group: ['**/workers/**', '**/site/**', 'cloudflare:*'],
  message: 'gpu-embedder/ imports src/ alone.',
};

const wing = (name, i) =>
  layer(
    [`gpu-embedder/${name}/**/*.ts`],
    [
      notFromSrc,
      ...wings.slice(i + 1).map((later) => ({
        regex: `^(\\.\\./)+${later}/`,
        message: `gpu-embedder/${name}/ comes before ${later}/: data flows one way.`,
      })),
    ],
  );

const layer = (files, patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});

export default tseslint.config(
  {
    ignores: [
      'build/',
      '.diptych/',
      '.wrangler/',
      'node_modules/',
      'src/kernel/assembly/',
      '**/*.mjs',
      '*.js',
    ],
  },
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['bench/**', 'scripts/**', 'workers/**', 'site/**'], rules: { 'no-console': 'off' } },
  layer(['src/**/*.ts'], pure),
  layer(
    ['workers/**/*.{ts,tsx}'],
    [
      { group: ['**/gpu-embedder/**', '**/site/**'], message: 'workers/ imports src/ alone.' },
      { group: ['node:*'], message: 'workers run in workerd, not in Node.' },
    ],
  ),
  layer(
    ['site/**/*.ts'],
    [
      { group: ['**/gpu-embedder/**'], message: 'site/ imports workers/ and src/ alone.' },
      { group: ['node:*', 'cloudflare:*'], message: 'site/ runs in a browser.' },
    ],
  ),
  layer(['gpu-embedder/*.ts'], [notFromSrc]),
  ...wings.map(wing),
  {
    files: ['workers/page/vite.config.ts', 'site/vite.config.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
);
