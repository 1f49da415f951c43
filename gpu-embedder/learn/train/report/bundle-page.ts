import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface PageBundle {
  readonly script: string;
  readonly style: string;
}

/** Bundle everything that the report needs in a browser, including the library for charts. */
export async function bundlePage(): Promise<PageBundle> {
  const file = (name: string): string => fileURLToPath(new URL(`./page/${name}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [file('draw-report.ts'), file('report.css')],
    outdir: '/',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
  });
  const output = (ending: string): string =>
    outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  return { script: output('.js'), style: output('.css') };
}
