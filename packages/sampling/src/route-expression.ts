/**
 * The regular expression, in the RE2 syntax that Go and JavaScript share, which matches what `routePattern` does: `:id`
 * stands for one segment, `*` for any part of one, `/*` at the end also for all that is below, and for nothing.
 */
export function routeExpression(pattern: string): string {
  const open = pattern.endsWith('/*');
  const path = (open ? pattern.slice(0, -2) : pattern).replace(/\/$/, '');
  const segments = path.split('/').map(segmentExpression).join('/');
  return open ? `^${segments}(/.*)?$` : `^${segments}/?$`;
}

function segmentExpression(segment: string): string {
  if (/^:\w+$/.test(segment) || segment === '*') return '[^/]+';
  return segment.split('*').map(literal).join('[^/]*');
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
