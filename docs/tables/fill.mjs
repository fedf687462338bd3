// Fills in the tables of the pages from what was measured last: `node docs/tables/fill.mjs`.
import { writeFileSync } from 'node:fs';
import { filledPages } from './cost-tables.mjs';

for (const [page, text] of Object.entries(filledPages()))
  writeFileSync(new URL(`../../${page}`, import.meta.url), text);
