// Installs our packages as their users get them, packed and bundled, into bench/installed: `node bench/install-packed.mjs`,
// after a build. What starts and runs is not the many small files of the repository.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packAll } from '../scripts/release/pack.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, 'installed');
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const used = Object.keys(dependencies).filter((name) => name.startsWith('@throughline/'));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const packed = Object.fromEntries(
  (await packAll(join(folder, 'tarballs'))).map(({ name, path }) => [name, `file:${path}`]),
);
// Ours depend on each other by version, which no registry has yet.
const overrides = Object.fromEntries(Object.entries(packed).filter(([name]) => !used.includes(name)));
const own = Object.fromEntries(used.map((name) => [name, packed[name]]));
writeFileSync(
  join(folder, 'package.json'),
  JSON.stringify({
    private: true,
    dependencies: { ...own, '@opentelemetry/api': dependencies['@opentelemetry/api'] },
    overrides,
  }),
);
const install = ['install', '--omit=peer', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'];
const { status, stderr } = spawnSync('npm', install, { cwd: folder, encoding: 'utf8' });
if (status !== 0) throw new Error(`\`npm install\` of our packages ended with ${status}: ${stderr}`);
// The application's Nest has to be ours: it finds providers by their classes.
for (const name of ['@nestjs', 'reflect-metadata'])
  symlinkSync(join(here, '../packages/nestjs/node_modules', name), join(folder, 'node_modules', name));
