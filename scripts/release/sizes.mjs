import { readFileSync } from 'node:fs';

/** @typedef {{ unpacked: number, gzip: number }} Limit in kilobytes */
/** @type {{ packages: Record<string, Limit>, together: { packages: string[], unpacked: number }[] }} */
const LIMITS = JSON.parse(readFileSync(new URL('size-limits.json', import.meta.url), 'utf8'));

/**
 * What is heavier than `size-limits.json` allows, in sentences. Raise a limit in the change that needs it, on purpose.
 *
 * @param {import('./pack.mjs').Tarball[]} tarballs
 * @param {typeof LIMITS} [limits]
 */
export function tooHeavy(tarballs, limits = LIMITS) {
  const sizes = new Map(tarballs.map((tarball) => [tarball.name, tarball]));
  const problems = [];
  for (const { name, unpackedSize, size } of tarballs) {
    const limit = limits.packages[name];
    if (limit === undefined) problems.push(`${name} has no limit in scripts/release/size-limits.json`);
    if (limit !== undefined && unpackedSize > limit.unpacked * 1000)
      problems.push(`${name} has ${kilobytes(unpackedSize)} unpacked, its limit is ${limit.unpacked} kB`);
    if (limit !== undefined && size > limit.gzip * 1000)
      problems.push(`${name} has ${kilobytes(size)} to download, its limit is ${limit.gzip} kB`);
  }
  for (const { packages, unpacked } of limits.together) {
    const sum = packages.reduce((bytes, name) => bytes + (sizes.get(name)?.unpackedSize ?? Number.NaN), 0);
    if (!(sum <= unpacked * 1000))
      problems.push(`${packages.join(', ')} have ${kilobytes(sum)} unpacked together, their limit is ${unpacked} kB`);
  }
  return problems;
}

/** @param {number} bytes */
export function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
