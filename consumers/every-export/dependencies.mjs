import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every package of the repository. @param {string} root */
export function dependencies(root) {
  const folders = readdirSync(join(root, 'packages'));
  const names = folders.map(
    (folder) => JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).name,
  );
  return Object.fromEntries(names.map((name) => [name, '*']));
}
