// npm runs this after every install. It builds the kernels, the pages and the command line, unless
// the install is one of a single workspace for production (docs/deploy.md): that one has no
// compilers, and takes `build/` as an earlier full install left it.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const compilers = ['assemblyscript', 'vite'];
const missing = compilers.filter((name) => !existsSync(path.join(root, 'node_modules', name)));

if (missing.length === 0) execSync('npm run build', { cwd: root, stdio: 'inherit' });
else console.log(`build/ is left as it is: ${missing.join(', ')} not installed`);
