import { build } from 'esbuild';

await build({
  entryPoints: ['server.mjs'],
  outfile: 'dist/server.cjs',
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logOverride: { 'empty-import-meta': 'silent' }, // the packages know that CommonJS has none
});
