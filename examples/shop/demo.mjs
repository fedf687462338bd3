import { existsSync } from 'node:fs';

const main = new URL('./dist/demo/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('The demo is not built yet. Run `npx pnpm demo` in the root of the repository.\n');
  process.exit(1);
}
await (await import(main.href)).main(process.argv.slice(2));
