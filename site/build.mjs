// `npx pnpm site`: the documentation as a web site, in site/dist.
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';
import { writeApi } from './api.mjs';
import { assemble } from './assemble.mjs';

const site = fileURLToPath(new URL('.', import.meta.url));
assemble(`${site}pages`);
await writeApi(`${site}pages/api`);
await build(site);
console.log('The site is in site/dist; `npx pnpm --dir site exec vitepress serve` shows it.');
