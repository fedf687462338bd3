// Publishes all packages, or shows what would be published: `npx pnpm release --dry-run`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { problemsOf, uncommitted } from './checks.mjs';
import { packAll } from './pack.mjs';
import { packages, root } from './packages.mjs';
import { changelogOf, waitingChanges } from './plan.mjs';
import { writeSbom } from './sbom.mjs';
import { kilobytes } from './sizes.mjs';

const { values: options } = parseArgs({
  options: { 'dry-run': { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
});
const isReal = !options['dry-run'] && !options.check;

// A check while one works, or in CI, is about what is there; a release is about a commit.
const unclean = options.check ? [] : uncommitted();
if (unclean.length > 0) refuse(unclean);
const steps = await waitingChanges();
if (isReal && steps.size > 0) refuse(['Changesets wait. Run `npx pnpm version-packages` and commit what it writes']);
// npm signs where a package was built with the identity that GitHub gives to a workflow.
if (isReal && process.env.ACTIONS_ID_TOKEN_REQUEST_URL === undefined)
  refuse(['A release is published by .github/workflows/release.yml, so that its provenance can be proved']);

const tarballs = await packAll(join(root, 'published', 'tarballs'));
const components = writeSbom(join(root, 'published', 'sbom.cdx.json'));
const problems = await problemsOf(tarballs, steps);
if (!options.check) for (const tarball of tarballs) show(tarball);
console.log(`\npublished/sbom.cdx.json lists ${components} components (CycloneDX 1.6)`);
if (problems.length > 0) refuse(problems);
if (options.check) console.log(`${tarballs.length} packages could be published`);
else if (!isReal) console.log(`${tarballs.length} packages would be published; nothing was`);
else for (const tarball of inOrder(tarballs)) publish(tarball);

/** @param {import('./pack.mjs').Tarball} tarball */
function show({ name, version, size, unpackedSize, files }) {
  const folder = packages().find(({ manifest }) => manifest.name === name)?.folder ?? '';
  const step = steps.get(name);
  const planned =
    step === undefined ? '' : ` → ${step.version} (${step.type}), once \`npx pnpm version-packages\` has run`;
  console.log(`\n${name} ${version}${planned}`);
  console.log(`  dist-tag ${distTag(step?.version ?? version)}, access public, provenance by GitHub Actions`);
  console.log(`  ${kilobytes(size)} to download, ${kilobytes(unpackedSize)} unpacked, ${files.length} files:`);
  for (const file of files) console.log(`    ${String(file.size).padStart(7)}  ${file.path}`);
  const changes =
    step === undefined ? changelogOf(folder, version).split('\n') : step.changes.map((each) => `- ${each}`);
  console.log('  changelog:');
  for (const change of changes) console.log(`    ${change.split('\n')[0]}`);
}

/**
 * A package after those that it depends on, so that each can be installed as soon as it is there.
 *
 * @template {import('./pack.mjs').Tarball} T @param {T[]} tarballs @returns {T[]}
 */
function inOrder(tarballs) {
  const own = new Map(packages().map(({ manifest }) => [manifest.name, Object.keys(manifest.dependencies ?? {})]));
  /** @param {string} name @returns {number} */
  const depth = (name) => Math.max(0, ...(own.get(name) ?? []).map((each) => (own.has(each) ? 1 + depth(each) : 0)));
  return tarballs.toSorted((one, other) => depth(one.name) - depth(other.name));
}

/** @param {import('./pack.mjs').Tarball & { path: string }} tarball */
function publish({ name, version, path }) {
  if (isPublished(name, version)) {
    console.log(`${name} ${version} is there already`);
    return;
  }
  const args = ['publish', path, '--provenance', '--access', 'public', '--tag', distTag(version)];
  if (spawnSync('npm', args, { stdio: 'inherit' }).status !== 0) refuse([`${name} ${version} was not published`]);
}

/** @param {string} name @param {string} version */
function isPublished(name, version) {
  const { status, stdout } = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
  return status === 0 && stdout.trim() === version;
}

/** A version before a release, such as 1.0.0-beta.1, must not reach those who ask for none. @param {string} version */
function distTag(version) {
  return /-([a-z]+)/.exec(version)?.[1] ?? 'latest';
}

/** @param {string[]} problems @returns {never} */
function refuse(problems) {
  for (const problem of problems) console.error(`\n  ✗ ${problem}`);
  console.error('\nNothing was published.');
  process.exit(1);
}
