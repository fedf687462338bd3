import { readdirSync, readFileSync } from 'node:fs';
import { VERSION } from '@throughline/core';
import { expect, it } from 'vitest';

it('every package has the version that the instrumentation scopes say', () => {
  const packages = new URL('../packages/', import.meta.url);
  const versions = readdirSync(packages).map((name) => {
    const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'));
    return [manifest.name, manifest.version];
  });
  expect(versions).toEqual(versions.map(([name]) => [name, VERSION]));
});
