import { routeExpression } from './route-expression.ts';

const MAX_PATTERN_LENGTH = 512;

/** Says whether a route template or a path is meant by a pattern. */
type RoutePattern = (route: string) => boolean;

/** What a pattern must look like, for error messages. */
export const ROUTE_PATTERN =
  'a route pattern that starts with `/` and has at most one `*` between two slashes, such as `/api/payments/*`';

/**
 * Compiles a pattern of routes: `:id` stands for one segment, `*` for any part of one, and `/*` at the end also for all
 * that is below, and for nothing. `/api/payments/*` means `/api/payments`, `/api/payments/7` and `/api/payments/:id/refunds`.
 * A slash at the end does not matter, case does. Matching is linear in the length of the route. `undefined` if the pattern
 * is malformed.
 */
export function routePattern(pattern: string): RoutePattern | undefined {
  if (!pattern.startsWith('/') || pattern.length > MAX_PATTERN_LENGTH || /[\s?#]/.test(pattern)) return undefined;
  // Two of them would make matching quadratic.
  if (/\*[^/]*\*/.test(pattern)) return undefined;
  // Also what is no path, as in `OPTIONS *`.
  if (pattern === '/*') return () => true;
  const expression = new RegExp(routeExpression(pattern), 's');
  // Most routes are told apart by how they begin, and most of these by one character.
  const head = withoutLastSlash(/^[^:*]*/.exec(pattern)?.[0] ?? '');
  const last = head.length - 1;
  const lastCode = head.charCodeAt(last);
  return (route) => (last < 0 || route.charCodeAt(last) === lastCode) && (route === pattern || expression.test(route));
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
