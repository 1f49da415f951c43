import { existsSync } from 'node:fs';

/** Gives the path of a Chromium: CHROMIUM_PATH, or where Linux distributions put it. */
export function findChromium(): string | undefined {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const named = process.env['CHROMIUM_PATH'];
  return [...(named ? [named] : []), ...places].find((path) => existsSync(path));
}
