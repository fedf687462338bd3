// Writes the public types of every package to api/: `npx pnpm api`. The release and CI compare them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiReport } from './api-report.mjs';
import { packages, root } from './packages.mjs';
import { stage } from './stage.mjs';

const folder = join(root, 'api');

if (import.meta.filename === process.argv[1]) {
  await stage();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const one of packages()) writeFileSync(reportFile(one.folder), apiReport(one));
}

/** Where the public types differ from those in api/, in sentences. */
export function unwrittenChanges() {
  const all = packages();
  const gone = readdirSync(folder).filter((file) => !all.some((one) => file === `${one.folder}.md`));
  return [
    ...gone.map((file) => `api/${file} is of no package any more. Run: npx pnpm api`),
    ...all.flatMap((one) => {
      const before = existsSync(reportFile(one.folder)) ? readFileSync(reportFile(one.folder), 'utf8') : '';
      const changes = changedLines(before, apiReport(one));
      if (changes.length === 0) return [];
      return [
        `The public types of ${one.manifest.name} are not what api/${one.folder}.md says:\n${changes.map((line) => `      ${line}`).join('\n')}\n    If that is meant, run \`npx pnpm api\` and describe the change for users: npx pnpm changeset`,
      ];
    }),
  ];
}

/**
 * Changes of the public types since a release that ask for a greater version than the changesets do, in sentences.
 *
 * @param {string} version of the last release
 * @param {Map<string, import('./plan.mjs').Step>} steps
 */
export function understatedChanges(version, steps) {
  const tag = `v${version}`;
  if (git('rev-parse', '--verify', '--quiet', `refs/tags/${tag}`) === undefined) return [];
  return packages().flatMap(({ folder: name, manifest }) => {
    const before = git('show', `${tag}:api/${name}.md`);
    if (before === undefined) return [];
    const changes = changedLines(before, readFileSync(reportFile(name), 'utf8'));
    const needed = neededStep(changes, version);
    const given = steps.get(manifest.name)?.type ?? 'none';
    if (WEIGHT[given] >= WEIGHT[needed]) return [];
    return [
      `The public types of ${manifest.name} changed since ${tag}, which is ${needed}; the changesets say ${given}:\n${changes.map((line) => `      ${line}`).join('\n')}`,
    ];
  });
}

const WEIGHT = { none: 0, patch: 1, minor: 2, major: 3 };

/** Lines that are gone can break a user, new ones cannot; before 1.0.0 a minor version may break. @param {string[]} changes @param {string} version */
export function neededStep(changes, version) {
  if (changes.length === 0) return 'none';
  return changes.some((line) => line.startsWith('-')) && !version.startsWith('0.') ? 'major' : 'minor';
}

/** @param {string} before @param {string} after @returns {string[]} lines that are gone after `-`, new ones after `+` */
export function changedLines(before, after) {
  const gone = countedLines(before);
  /** @type {string[]} */
  const added = [];
  for (const line of after.split('\n')) {
    const count = gone.get(line) ?? 0;
    if (count > 0) gone.set(line, count - 1);
    else added.push(line);
  }
  const lost = [...gone].flatMap(([line, count]) => Array(count).fill(`- ${line}`));
  return [...lost, ...added.map((line) => `+ ${line}`)].filter((line) => line.length > 2);
}

/** @param {string} text */
function countedLines(text) {
  const counts = new Map();
  for (const line of text.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

/** @param {string} name */
function reportFile(name) {
  return join(folder, `${name}.md`);
}

/** @param {string[]} args @returns {string | undefined} what it prints; `undefined` if it fails */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  return status === 0 ? stdout : undefined;
}
