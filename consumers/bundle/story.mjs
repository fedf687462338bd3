import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { checkService } = await import(pathToFileURL(join(process.argv[2], 'consumers/check-service.mjs')).href);
const elsewhere = mkdtempSync(join(tmpdir(), 'throughline-bundle-'));
try {
  for (const [format, file, banner] of [
    ['cjs', 'service.cjs', ''],
    // Bundled CommonJS packages, Express among them, call `require`.
    [
      'esm',
      'service.mjs',
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    ],
  ]) {
    const outfile = join(elsewhere, file);
    await build({
      entryPoints: ['service.mjs'],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format,
      outfile,
      banner: { js: banner },
      logLevel: 'error',
      minify: true,
    });
    await checkService([process.execPath, outfile]);
    console.log(`   bundled as ${format}: works`);
  }
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}
