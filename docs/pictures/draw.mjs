// Draws the pictures of the pages again, from the code as it is: `npx pnpm build && node docs/pictures/draw.mjs`.
import { writeFileSync } from 'node:fs';
import { PICTURES } from './pictures.mjs';

for (const [name, draw] of Object.entries(PICTURES)) writeFileSync(new URL(`${name}.svg`, import.meta.url), draw());
