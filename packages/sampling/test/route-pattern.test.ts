import fc from 'fast-check';
import { expect, it } from 'vitest';
import { routePattern } from '../src/route-pattern.ts';

it.each([
  ['/health', ['/health', '/health/'], ['/healthz', '/', '/health/live', '/Health', '/api/health', '']],
  ['/', ['/', ''], ['/a']],
  ['/*', ['/', '', '/a', '/a/b/c', '*'], []],
  [
    '/api/payments/*',
    ['/api/payments', '/api/payments/', '/api/payments/7', '/api/payments/:id/refunds', '/api/payments/*'],
    ['/api/paymentsx', '/api', '/v1/api/payments/7', '/api/payment/7'],
  ],
  ['/users/:id', ['/users/7', '/users/:id', '/users/7/'], ['/users', '/users/', '/users/7/orders']],
  ['/:tenant/items/:id', ['/acme/items/7', '/:tenant/items/:id'], ['/acme/item/7', '/items/7', '//items/7']],
  ['/files/*.json', ['/files/a.json'], ['/files/a.jsonl', '/files/a/b.json', '/files/a.txt']],
  ['/files/*.json', ['/files/.json'], ['/files/json', '/files/']],
  ['/v*/users', ['/v1/users', '/v/users', '/v12/users/'], ['/v1/user', '/w1/users', '/v1/2/users']],
  ['/a/*/c', ['/a/b/c', '/a/:b/c'], ['/a/c', '/a//c', '/a/b/b/c']],
  ['/orders/', ['/orders', '/orders/'], ['/orders/7']],
])('means by %s exactly these', (pattern, meant, others) => {
  const matches = routePattern(pattern);
  for (const route of meant) expect(matches?.(route), route).toBe(true);
  for (const route of others) expect(matches?.(route), route).toBe(false);
});

it.each(['', 'health', '*', '/a*b*c', '/a b', '/a?b=1', '/a#b', '/**', `/${'a'.repeat(600)}`])(
  'does not accept %j as a pattern',
  (pattern) => expect(routePattern(pattern)).toBeUndefined(),
);

it('matches paths of any length in linear time', () => {
  const patterns = ['/a*a/a*a/a*a/*', '/:a/:b/:c/*', '/*'].map((pattern) => routePattern(pattern));
  const paths = [`/${'a'.repeat(1e6)}`, '/a'.repeat(1e6), '/'.repeat(1e6), `/aa/aa/${'/'.repeat(1e6)}`];
  const start = performance.now();
  for (const matches of patterns) for (const path of paths) matches?.(path);
  // Quadratic, it would take hours.
  expect(performance.now() - start).toBeLessThan(10_000);
});

it('means what a comparison of one segment after the other finds', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', 'aab', 'xzy', 'x.y', 'c+d', 'ccd', '(e)', 'e', ':id', '*');
  const segment = fc.oneof(piece, fc.constantFrom('a*', '*b', 'a*b', 'a*.y', ':a:'));
  const path = (part: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.array(part, { maxLength: 4 }), fc.constantFrom('', '/', '/*'))
      .map(([parts, end]) => `/${parts.join('/')}${parts.length > 0 ? end : end.slice(1)}`);
  fc.assert(
    fc.property(path(segment), path(piece), (pattern, route) => {
      const found = route === pattern || compareSegments(pattern, route);
      expect(routePattern(pattern)?.(route), `${pattern} on ${route}`).toBe(found);
    }),
    { numRuns: 5000 },
  );
});

function compareSegments(pattern: string, route: string): boolean {
  const isOpen = pattern.endsWith('/*');
  const wanted = segmentsOf(isOpen ? pattern.slice(0, -2) : pattern);
  const given = segmentsOf(route);
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((text, index) => isLike(text, given[index] ?? ''));
}

function isLike(wanted: string, given: string): boolean {
  if (/^:\w+$/.test(wanted)) return given !== '';
  const [prefix = '', suffix] = wanted.split('*');
  if (suffix === undefined) return given === wanted;
  const isLongEnough = given.length >= Math.max(1, prefix.length + suffix.length);
  return isLongEnough && given.startsWith(prefix) && given.endsWith(suffix);
}

function segmentsOf(path: string): string[] {
  return path.replace(/\/$/, '').split('/').slice(1);
}
