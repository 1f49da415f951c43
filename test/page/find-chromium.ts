import { existsSync } from 'node:fs';

/** Finds a Chromium: CHROMIUM_PATH, or one in a usual folder of Linux distributions. */
export function findChromium(): string | undefined {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const named = process.env['CHROMIUM_PATH'];
  return [...(named ? [named] : []), ...places].find((path) => existsSync(path));
}
