import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { filledPages } from '../docs/tables/cost-tables.mjs';

it.each(Object.entries(filledPages()))(
  'the tables of what a request costs are those that were measured: %s',
  (page, filled) => {
    const written = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
    expect(written === filled, 'Fill them in again: node docs/tables/fill.mjs').toBe(true);
  },
);
