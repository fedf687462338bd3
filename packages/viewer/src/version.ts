import { readFileSync } from 'node:fs';

/** The version of this package; empty where its package.json is not beside it, as in a bundle. */
export const VERSION: string = versionOfPackage();

function versionOfPackage(): string {
  try {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    return typeof version === 'string' ? version : '';
  } catch {
    return '';
  }
}
