// Installs our packages as their users get them, packed and bundled, into bench/installed: `node bench/install-packed.mjs`,
// after a build. What starts and runs is not the many small files of the repository.
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packAll } from '../scripts/release/pack.mjs';
import { npmInstall, tarballsOf } from './npm-install.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, 'installed');
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const used = Object.keys(dependencies).filter((name) => name.startsWith('@throughline/'));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const tarballs = tarballsOf(await packAll(join(folder, 'tarballs')));
npmInstall(folder, [...used, '@opentelemetry/api'], tarballs, dependencies);
// The application's Nest has to be ours: it finds providers by their classes.
for (const name of ['@nestjs', 'reflect-metadata', 'rxjs'])
  symlinkSync(join(here, '../packages/nestjs/node_modules', name), join(folder, 'node_modules', name));
