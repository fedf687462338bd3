// The service in one file by each bundler, run in a folder where no packages are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

const { checkService } = await import(pathToFileURL(join(process.argv[2], 'consumers/check-service.mjs')).href);
const elsewhere = mkdtempSync(join(tmpdir(), 'throughline-bundle-'));
const bundlers = {
  'esbuild to CommonJS': ['esbuild.cjs', (file) => byEsbuild(file, 'cjs', '')],
  // Bundled CommonJS packages, Express among them, call `require`.
  'esbuild to an ES module': [
    'esbuild.mjs',
    (file) =>
      byEsbuild(
        file,
        'esm',
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      ),
  ],
  'Rollup to an ES module': ['rollup.mjs', byRollup],
  'webpack to CommonJS': ['webpack.cjs', byWebpack],
};
try {
  for (const [title, [name, bundle]] of Object.entries(bundlers)) {
    const file = join(elsewhere, name);
    await bundle(file);
    await checkService([process.execPath, file]);
    await checkService([process.execPath, file], { OWN_PROCESSOR: 'yes' });
    console.log(`   ${title}: works`);
  }
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}

async function byEsbuild(outfile, format, banner) {
  const output = { outfile, format, banner: { js: banner }, minify: true };
  const input = { entryPoints: ['service.mjs'], bundle: true, platform: 'node', target: 'node20' };
  await build({ ...input, ...output, logLevel: 'error' });
}

async function byRollup(file) {
  const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()];
  const bundle = await rollup({ input: 'service.mjs', plugins, onLog: () => {} });
  await bundle.write({ file, format: 'es', inlineDynamicImports: true });
  await bundle.close();
}

async function byWebpack(file) {
  const compiler = webpack({
    mode: 'production',
    target: 'node20',
    entry: './service.mjs',
    output: { path: join(file, '..'), filename: 'webpack.cjs' },
  });
  await new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
      else compiler.close(resolve);
    });
  });
}
