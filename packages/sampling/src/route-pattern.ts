const MAX_PATTERN_LENGTH = 512;
const SLASH = 47;
const SHORT_SEGMENT = 32;

type Segment = {
  readonly prefix: string;
  readonly suffix: string;
  readonly minLength: number;
  readonly exact: boolean;
};

/** Says whether a route template or a path is meant by a pattern. */
export type RoutePattern = (route: string) => boolean;

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
  const open = pattern.endsWith('/*');
  const texts = withoutLastSlash(open ? pattern.slice(0, -2) : pattern).split('/');
  const segments = texts.slice(1).map(compileSegment);
  if (!segments.every((segment) => segment !== undefined)) return undefined;
  // Most routes are told apart by how they begin, and most of these by one character.
  const head = withoutLastSlash(/^[^:*]*/.exec(texts.join('/'))?.[0] ?? '');
  const last = head.length - 1;
  const lastCode = head.charCodeAt(last);
  return (route) =>
    route === pattern ||
    ((last < 0 || (route.charCodeAt(last) === lastCode && route.startsWith(head))) && matches(segments, open, route));
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function compileSegment(text: string): Segment | undefined {
  if (/^:\w+$/.test(text)) return { prefix: '', suffix: '', minLength: 1, exact: false };
  const [prefix = '', suffix, ...more] = text.split('*');
  if (more.length > 0) return undefined;
  if (suffix === undefined) return { prefix: text, suffix: '', minLength: text.length, exact: true };
  return { prefix, suffix, minLength: Math.max(1, prefix.length + suffix.length), exact: false };
}

function matches(segments: readonly Segment[], open: boolean, route: string): boolean {
  const length = route.charCodeAt(route.length - 1) === SLASH ? route.length - 1 : route.length;
  let start = 0;
  for (const segment of segments) {
    if (start >= length || route.charCodeAt(start) !== SLASH) return false;
    const end = segmentEnd(route, start + 1, length);
    if (!matchesSegment(segment, route, start + 1, end)) return false;
    start = end;
  }
  return open || start >= length;
}

// Most segments are short: a loop over char codes beats a call into the runtime.
function segmentEnd(route: string, start: number, length: number): number {
  const near = Math.min(length, start + SHORT_SEGMENT);
  for (let at = start; at < near; at += 1) if (route.charCodeAt(at) === SLASH) return at;
  const slash = near < length ? route.indexOf('/', near) : length;
  return slash < 0 || slash > length ? length : slash;
}

function matchesSegment(
  { prefix, suffix, minLength, exact }: Segment,
  route: string,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  if (exact ? length !== minLength : length < minLength) return false;
  if (prefix !== '' && !route.startsWith(prefix, start)) return false;
  return suffix === '' || route.startsWith(suffix, end - suffix.length);
}
