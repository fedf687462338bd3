import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** @typedef {{ name: string, version: string, license: string, author: string, text: string }} ThirdParty */

/**
 * Packages of others whose code is part of what a package ships, rather than installed beside it.
 *
 * @param {string} path of the package @param {string[]} modules that were bundled
 * @returns {ThirdParty[]}
 */
export function thirdParties(path, modules) {
  const bundled = modules.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  const names = new Set([...bundled, ...importsOfPage(join(path, 'src/page'))]);
  return [...names].sort().map((name) => thirdParty(name, path));
}

/** The page of the viewer is bundled by its build. @param {string} folder @returns {string[]} */
function importsOfPage(folder) {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  return files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/ from '((?:@[^/']+\/)?[^./'@][^/']*)/g)].flatMap(
      ([, name = '']) => (name.startsWith('@throughline/') ? [] : [name]),
    ),
  );
}

/** @param {string} name @param {string} path of the package that uses it @returns {ThirdParty} */
function thirdParty(name, path) {
  const require = createRequire(join(path, 'package.json'));
  const folder = (require.resolve.paths(name) ?? []).map((each) => join(each, name)).find((each) => existsSync(each));
  if (folder === undefined) throw new Error(`${name} is not installed`);
  const { version, license, author = '' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  return { name, version, license, author: typeof author === 'string' ? author : author.name, text };
}

/**
 * The notice that these licences ask for. The text of Apache-2.0 is our own licence's.
 *
 * @param {ThirdParty[]} parties
 */
export function notice(parties) {
  const parts = parties.map(({ name, version, license, author, text }) => {
    const whose = author === '' ? '' : `, by ${author}`;
    return `${name} ${version}${whose}, under ${license}${license === 'Apache-2.0' ? '' : `\n\n${text.trim()}`}`;
  });
  return `Parts of these packages are in the files of this one:\n\n${parts.join('\n\n')}\n`;
}
