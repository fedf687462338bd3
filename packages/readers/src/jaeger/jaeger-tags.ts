import type { TraceQuery } from '../trace-source.ts';

/** The tags of a query as Jaeger searches by them, JSON of texts; `undefined` for none. The status and the kind are tags, too. */
export function tagsOf({ error, kind, attributes }: TraceQuery): string | undefined {
  const tags = Object.entries(attributes ?? {});
  // What has no error has no such tag.
  if (error === true) tags.push(['error', 'true']);
  if (kind !== undefined) tags.push(['span.kind', kind]);
  return tags.length === 0 ? undefined : JSON.stringify(Object.fromEntries(tags));
}
