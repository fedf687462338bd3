// Copies the pages of the repository to where they are on the site. A link between pages leads to the other's address, one to
// any other file to the repository; a link to what is not there is an error.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REPOSITORY, sections } from './contents.mjs';
import { home } from './home.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const addresses = new Map(sections.flatMap(({ pages }) => pages.map(([, file, address]) => [file, address])));

/** Writes all pages into a folder. Throws an error that names every broken link. */
export function assemble(folder) {
  rmSync(folder, { recursive: true, force: true });
  const broken = [];
  for (const [file, address] of addresses) {
    const markdown = readFileSync(join(root, file), 'utf8');
    write(join(folder, `${address}.md`), onTheSite(markdown, file, address, folder, broken));
  }
  write(join(folder, 'index.md'), `---\n${JSON.stringify(home)}\n---\n`);
  if (broken.length > 0) throw new Error(`Links to what is not there:\n  ${broken.join('\n  ')}`);
}

// What is in a fence is left alone, and what the code of a fence takes for given is not for readers.
function onTheSite(markdown, file, address, folder, broken) {
  return markdown
    .replace(/^<!-- given: .* -->\n/gm, '')
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) => (part.startsWith('```') ? part : part.replace(/(\]\()([^)\s]+)(\))/g, relink)))
    .join('');

  function relink(_link, before, target, after) {
    if (/^[a-z]+:|^#/.test(target)) return before + target + after;
    const [path, anchor] = target.split('#');
    const source = posix.join(posix.dirname(file), path);
    const page = addresses.get(source) ?? addresses.get(posix.join(source, 'README.md'));
    if (!existsSync(join(root, source))) broken.push(`${file}: ${target}`);
    if (page !== undefined)
      return `${before}${relative(address, page)}${anchor === undefined ? '' : `#${anchor}`}${after}`;
    if (/\.(svg|png)$/.test(source)) {
      cpSync(join(root, source), join(folder, source), { recursive: true });
      return `${before}${relative(address, source)}${after}`;
    }
    return `${before}${REPOSITORY}/blob/main/${source}${after}`;
  }
}

function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
