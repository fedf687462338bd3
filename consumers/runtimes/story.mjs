// The same service on the runtimes and the framework version that people have: Express 4.21, Node 26, Bun, Deno.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = process.argv[2];
const { checkService } = await import(pathToFileURL(join(root, 'consumers/check-service.mjs')).href);
const service = readFileSync(join(root, 'consumers/bundle/service.mjs'), 'utf8');
writeFileSync('service.mjs', service);
// Express 4 does not tell what a mounted router's own path was: only what is mounted without parameters has its whole route.
const flat = service
  .replace("'/items/:id'", "'/shops/:shop/items/:id'")
  .replace("app.use('/shops/:shop', router)", 'app.use(router)');
writeFileSync('service-express-4.mjs', flat.replace("from 'express'", "from 'express4'"));

const runs = {
  'Express 4.21': [process.execPath, 'service-express-4.mjs'],
  'Node 26': [node(26), 'service.mjs'],
  'Express 4.21 on Node 26': [node(26), 'service-express-4.mjs'],
  Bun: [program('bun/bin/bun.exe', '@oven/*/bin/bun'), 'run', 'service.mjs'],
  Deno: [program('@deno/*/deno', '@deno/*/deno.exe'), 'run', '--allow-all', 'service.mjs'],
};
const failed = [];
for (const [title, command] of Object.entries(runs)) {
  try {
    await checkService(command);
    console.log(`   ${title}: works`);
  } catch (error) {
    failed.push(title);
    console.error(`   ${title}: ${error instanceof Error ? error.message : error}`);
  }
}
process.exitCode = failed.length === 0 ? 0 : 1;

/** The program itself, so that signals reach it: where npm has put it, with install scripts or without. */
function program(...places) {
  const found = places
    .flatMap((place) => {
      const [before, after = ''] = `node_modules/${place}`.split('*');
      return after === '' ? [before] : readdirSync(before).map((each) => before + each + after);
    })
    .filter((path) => existsSync(path) && statSync(path).size > 1e6);
  if (found.length === 0) throw new Error(`npm has brought no program for this machine: ${places.join(', ')}`);
  return resolve(found[0]);
}

function node(major) {
  const script = join(root, 'scripts/with-node.mjs');
  const { stdout } = spawnSync(process.execPath, [script, String(major), '-p', 'process.execPath'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return stdout.trim().split('\n').at(-1);
}
