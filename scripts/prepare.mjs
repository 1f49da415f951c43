// npm runs this after every install. It builds the kernels, the pages and the command line. An
// install of a single workspace for production (docs/deploy.md) has no compilers, so it keeps the
// `build/` of an earlier full install.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const compilers = ['assemblyscript', 'vite'];
const missing = compilers.filter((name) => !existsSync(path.join(root, 'node_modules', name)));

if (missing.length === 0) execSync('npm run build', { cwd: root, stdio: 'inherit' });
else console.log(`build/ is not built again: ${missing.join(', ')} not installed`);
