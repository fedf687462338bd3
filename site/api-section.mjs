// The side bar of the API reference, out of the pages that were written.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('pages/api', import.meta.url));

export function apiSection() {
  const pages = existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith('.md') && name !== 'index.md')
        .map((name) => name.replace(/(\/index)?\.md$/, ''))
        .sort()
    : [];
  return { text: 'API', items: pages.map((name) => ({ text: name, link: `/api/${name}` })) };
}
