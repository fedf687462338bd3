// Writes the API reference: a page for each entry point of each package, out of the doc comments of its sources.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const packages = fileURLToPath(new URL('../packages', import.meta.url));

/** Writes the pages into a folder. Throws if a source does not compile. */
export async function writeApi(folder) {
  const entries = entryPoints();
  const imported = new Map(entries.map((entry) => [entry.typedocName, entry.imported]));
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: entries.map(({ file }) => file),
    tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url)),
    basePath: packages,
    out: folder,
    readme: 'none',
    name: 'API',
    router: 'module',
    entryFileName: 'index',
    modulesFileName: 'index',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    githubPages: false,
    sort: ['kind', 'source-order'],
    groupOrder: ['Functions', 'Classes', 'Variables', 'Type Aliases', 'Interfaces', '*', 'References'],
    parametersFormat: 'table',
    propertyMembersFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    useCodeBlocks: true,
    logLevel: 'Error',
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('The API reference could not be made.');
  for (const child of project.children ?? []) child.name = imported.get(child.name) ?? child.name;
  await app.generateOutputs(project);
}

/** All that can be imported: the source by what TypeDoc calls it, and what a reader imports, without the scope. */
function entryPoints() {
  return readdirSync(packages).flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
    if (manifest.private === true) return [];
    return Object.entries(manifest.exports ?? {}).flatMap(([subpath, { 'throughline-source': source }]) => {
      if (source === undefined || !existsSync(join(packages, name, source))) return [];
      const typedocName = posix.join(name, source).replace(/(\/index)?\.ts$/, '');
      return [{ file: join(packages, name, source), typedocName, imported: posix.join(name, subpath) }];
    });
  });
}
