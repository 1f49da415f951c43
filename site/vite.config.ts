import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/** The page may talk only to the host that it came from. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** For hosts that read `_headers`; on others the policy in the page holds. */
const headers = `/*
  Content-Security-Policy: ${policy}; frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer

/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

const head = `
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="referrer" content="no-referrer" />`;

/** Shown until the script runs, which it never does if a browser opens the page as a file. */
const starting = `<p class="starting late">
        If nothing else appears, this folder is not served: open it through a web server, for
        instance <code>python3 -m http.server</code>, and not as a file.
      </p>`;

/** The icon is inside the page, because browsers fetch it again at every change of the address. */
const icon = readFileSync(new URL('../workers/page/public/favicon.svg', import.meta.url));
const iconAddress = `data:image/svg+xml;base64,${icon.toString('base64')}`;

const changes: readonly (readonly [from: string, to: string])[] = [
  ['<meta charset="utf-8" />', `<meta charset="utf-8" />${head}`],
  ['/favicon.svg', iconAddress],
  ['./main.tsx', '../../site/main.ts'],
  ['<div id="page"></div>', `<div id="page">${starting}</div>`],
  [' Its HTTP API works without: POST /v1/search.', ''],
];

/** The page of the worker, with another entry and its policy inside. */
function staticPage(): Plugin {
  let outDir = '';
  return {
    name: 'static-page',
    configResolved: (config) => {
      outDir = resolve(config.root, config.build.outDir);
    },
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        changes.reduce((page, [from, to]) => {
          if (page.split(from).length !== 2) throw new Error(`index.html: expected one ${from}`);
          return page.replace(from, () => to);
        }, html),
    },
    closeBundle: () => writeFileSync(resolve(outDir, '_headers'), headers),
  };
}

/** Builds the page that searches in the browser to build/site; `diptych export static` copies it. */
export default defineConfig({
  root: new URL('../workers/page', import.meta.url).pathname,
  base: './',
  // The icon is inside the page, and the headers differ from those of the worker's page.
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx/dom' } },
  plugins: [staticPage()],
  worker: { format: 'es' },
  build: {
    outDir: '../../build/site',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
