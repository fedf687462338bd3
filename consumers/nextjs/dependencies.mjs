import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Those of the example. @param {string} root */
export function dependencies(root) {
  return JSON.parse(readFileSync(join(root, 'examples/nextjs/package.json'), 'utf8')).dependencies;
}
