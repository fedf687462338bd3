import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectorConfig } from '@throughline/sampling';
import { deployFiles } from './source/files.mjs';

for (const [path, text] of Object.entries(deployFiles(collectorConfig))) {
  const file = fileURLToPath(new URL(path, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
