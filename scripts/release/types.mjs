import { join } from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { entryPoints } from './packages.mjs';

/**
 * The type declarations that are published of a package: what its entry points export and what that needs, with its doc
 * comments, and nothing else.
 *
 * @param {import('./packages.mjs').Package} from
 * @returns {Promise<import('./code.mjs').PublishedFile[]>}
 */
export async function publishedTypes({ path, manifest }) {
  const files = entryPoints(manifest).map(({ types }) => types.replace(/^\.\/dist\//, ''));
  const bundle = await rollup({
    input: Object.fromEntries(files.map((file) => [file.replace(/\.d\.ts$/, ''), join(path, 'dist', file)])),
    external: /^[^./]/,
    plugins: [dts()],
    onLog(_level, log) {
      throw new Error(`${manifest.name}: ${log.message}`);
    },
  });
  const { output } = await bundle.generate({
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: ({ name }) => `${name.replace(/\.d$/, '')}-types.d.ts`,
    hoistTransitiveImports: false,
  });
  await bundle.close();
  return output.map((chunk) => {
    if (chunk.type !== 'chunk') throw new Error(`${manifest.name}: ${chunk.fileName} has no types`);
    return { file: chunk.fileName, text: indentedByTabs(chunk.code), imports: chunk.imports, modules: [] };
  });
}

/** @param {string} code */
function indentedByTabs(code) {
  return code.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}
