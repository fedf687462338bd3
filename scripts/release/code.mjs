import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { entryPoints } from './packages.mjs';
import { shortened } from './shorten.mjs';

/** @typedef {{ file: string, text: string, imports: string[], modules: string[] }} PublishedFile
 *   `file` is the path inside `dist`, `modules` are the files that it was made of. */

/**
 * Packages of which every service loads most, whichever entry points it names: in one file that takes a third of the time of
 * thirty.
 */
const WHOLE = ['@throughline/core'];

/**
 * The JavaScript that is published of a package, from what its build wrote: a few files instead of one for each source,
 * without comments, local variables shortened. Functions, classes and methods keep their names, so that stack traces and
 * profiles can be read, and lines stay short, so that Node does not print a whole file beside an uncaught error.
 *
 * @param {import('./packages.mjs').Package} from
 * @returns {Promise<PublishedFile[]>}
 */
export async function publishedCode({ path, manifest }) {
  const dist = join(path, 'dist');
  const files = [...entryPoints(manifest).map(({ code }) => code), ...Object.values(manifest.bin ?? {})];
  const inputs = [...files.map((file) => file.replace(/^\.\/dist\//, '')), ...startedByPath(dist)];
  const installed = Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  });
  const bundle = await rollup({
    input: Object.fromEntries(inputs.map((file) => [file.replace(/\.js$/, ''), join(dist, file)])),
    external: (specifier) =>
      specifier.startsWith('node:') ||
      specifier.endsWith('.cjs') ||
      installed.some((name) => specifier === name || specifier.startsWith(`${name}/`)) ||
      manifest.name === specifier,
    // What is imported and not installed beside the package becomes part of it: names of attributes.
    plugins: [nodeResolve({ exportConditions: ['node'] })],
    treeshake: { moduleSideEffects: 'no-external' },
    onLog(_level, log) {
      // What TypeScript writes for decorators asks for `this`, and does without.
      if (log.code === 'THIS_IS_UNDEFINED') return;
      throw new Error(`${manifest.name}: ${log.message}`);
    },
  });
  const { output } = await bundle.generate({
    format: 'es',
    chunkFileNames: '[name].js',
    ...(WHOLE.includes(manifest.name) && { manualChunks: whole }),
    hoistTransitiveImports: false,
  });
  await bundle.close();
  const modules = await Promise.all(
    output.map(async (chunk) => {
      if (chunk.type !== 'chunk') throw new Error(`${manifest.name}: ${chunk.fileName} is no code`);
      if (chunk.fileName.includes('/') && chunk.code.includes('import.meta.url'))
        throw new Error(
          `${manifest.name}: a path beside import.meta.url would lead elsewhere from dist/${chunk.fileName}`,
        );
      const imports = [...chunk.imports, ...chunk.dynamicImports];
      const modules = Object.keys(chunk.modules).filter((file) => chunk.modules[file]?.renderedLength !== 0);
      return { file: chunk.fileName, text: await shortened(chunk.code, true), imports, modules };
    }),
  );
  return [...modules, ...(await commonJsFiles(dist))];
}

// `index.js` apart: of a package in one chunk, Rollup gives the exports of all entry points to one of them.
/** @param {string} file */
function whole(file) {
  return file.endsWith('/index.js') ? undefined : 'whole';
}

/** Files that are CommonJS to `require` late: they stay as they are. @param {string} dist */
function commonJsFiles(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.cjs'));
  return Promise.all(
    files.map(async (file) => {
      const code = readFileSync(join(dist, file), 'utf8');
      const imports = [...code.matchAll(/\brequire\('([^']+)'\)/g)].map(([, name = '']) => name);
      return { file, text: await shortened(code, false), imports, modules: [join(dist, file)] };
    }),
  );
}

/** Files that no import leads to, such as those of worker threads: `new URL('./file.js', import.meta.url)`. @param {string} dist */
function startedByPath(dist) {
  const code = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.js') && !file.startsWith('page'),
  );
  return code.flatMap((file) =>
    [...readFileSync(join(dist, file), 'utf8').matchAll(/new URL\('\.\/([^']+\.js)', import\.meta\.url\)/g)].map(
      ([, started = '']) => started,
    ),
  );
}
