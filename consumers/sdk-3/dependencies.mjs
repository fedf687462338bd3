import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All packages but `sdk`, and what their tests use, less what belongs to OpenTelemetry's SDK 2.
 *
 * @param {string} root
 */
export function dependencies(root) {
  const needed = {};
  for (const name of readdirSync(join(root, 'packages'))) {
    if (name === 'sdk') continue;
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    Object.assign(needed, devDependencies, { [`@throughline/${name}`]: '*' });
  }
  return Object.fromEntries(
    Object.entries(needed).filter(([name]) => !/^@opentelemetry\/|^@fastify\/otel$|^@throughline\/sdk$/.test(name)),
  );
}
