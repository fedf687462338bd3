// After `changeset version`: writes the common version of the packages into the source that names it at run time.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../packages/core/src/version.ts', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('../packages/core/package.json', import.meta.url), 'utf8'));
writeFileSync(file, readFileSync(file, 'utf8').replace(/'[^']*'/, `'${version}'`));
