import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXCLUDE_ALL = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
const cache = fileURLToPath(new URL('../../node_modules/.cache/services', import.meta.url));

/**
 * The folder of the archives of a Maven artifact; see {@link fetchArchives}.
 * @param {string} name
 * @param {string} version
 */
export function archivesFolder(name, version) {
  return join(cache, `${name}-${version}`);
}

/**
 * Brings a Maven artifact, and what it depends on if `transitive`, into its folder.
 * @param {{ group: string, artifact: string, version: string, classifier?: string, transitive: boolean }} coordinates
 */
export function fetchArchives({ group, artifact, version, classifier, transitive }) {
  const folder = archivesFolder(artifact, version);
  if (existsSync(folder)) return;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  const pom = join(work, 'pom.xml');
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>services</groupId><artifactId>${artifact}</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
${classifier === undefined ? '' : `<classifier>${classifier}</classifier>`}${transitive ? '' : EXCLUDE_ALL}</dependency></dependencies></project>`,
  );
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${work}`];
  const { status, error } = spawnSync('mvn', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined || status !== 0) {
    rmSync(work, { recursive: true, force: true });
    console.error(`services: mvn could not bring ${group}:${artifact}:${version}${error ? `: ${error.message}` : ''}`);
    process.exit(1);
  }
  renameSync(work, folder);
}
