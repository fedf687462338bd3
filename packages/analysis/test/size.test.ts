import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const folder = new URL('..', import.meta.url).pathname;

/** Kilobytes, of 1,024 bytes, of what a browser loads for this code, minified and packed. */
async function kilobytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // A browser has no built-in modules of Node.js: an import of one fails the build.
    platform: 'browser',
  });
  return gzipSync(outputFiles[0]?.contents ?? '').length / 1024;
}

it.each([
  ['the whole package', "export * from './src/index.ts'", 20.5],
  ['buildTrace', "export { buildTrace } from './src/index.ts'", 2.5],
  ['decodeOtlpProtobuf', "export { decodeOtlpProtobuf } from './src/index.ts'", 3.5],
  ['readSpans', "export { readSpans } from './src/index.ts'", 7.5],
  ['encodeZipkinJson', "export { encodeZipkinJson } from './src/index.ts'", 2.5],
  ['types alone', "export type { Span } from './src/index.ts'", 0.1],
])('%s is small in a browser', async (_what, contents, limit) => {
  expect(await kilobytes(contents)).toBeLessThan(limit);
});
