import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian and others put what comes with Chromium. */
const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/usr/lib64/chromium-browser'];

/**
 * Environment in which a process finds a Vulkan device: SwiftShader, the software device of
 * Chromium. With DIPTYCH_TEST_GPU set it is the machine's own.
 */
export function softwareVulkan(): NodeJS.ProcessEnv | null {
  if (process.env['DIPTYCH_TEST_GPU']) return process.env;
  const files = ['vk_swiftshader_icd.json', 'libvk_swiftshader.so', 'libvulkan.so.1'];
  const folder = folders.find((path) => files.every((file) => existsSync(join(path, file))));
  if (!folder) return null;
  return {
    ...process.env,
    LD_LIBRARY_PATH: folder,
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
  };
}
