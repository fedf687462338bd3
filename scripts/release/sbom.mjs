import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { packages, root } from './packages.mjs';
import { bundledBy } from './stage.mjs';

/**
 * Writes the bill of materials of all packages in the format of CycloneDX: what the lockfile says that they install, and what
 * of others is part of their files.
 *
 * @param {string} file
 */
export function writeSbom(file) {
  const options = [
    '--prod',
    '--lockfile-only',
    '--sbom-format',
    'cyclonedx',
    '--sbom-spec-version',
    '1.6',
    '--out',
    file,
  ];
  const { status, stderr } = spawnSync('npx', ['pnpm', '--silent', '--filter', './packages/*', 'sbom', ...options], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`pnpm sbom ended with ${status}: ${stderr}`);
  const sbom = JSON.parse(readFileSync(file, 'utf8'));
  const listed = new Set(sbom.components.map((/** @type {{ purl: string }} */ { purl }) => purl));
  for (const { folder } of packages()) {
    for (const { name, version, license } of bundledBy(folder)) {
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
      if (listed.has(purl)) continue;
      listed.add(purl);
      const [own = name, group] = name.split('/').reverse();
      const licenses = [{ license: { id: license } }];
      sbom.components.push({
        type: 'library',
        ...(group && { group }),
        name: own,
        version,
        purl,
        'bom-ref': purl,
        licenses,
      });
    }
  }
  writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
  return listed.size;
}
