import { getOrMake } from '../collections.ts';
import type { AttributeValue, Resource, Scope, Span } from '../span.ts';

/** The spans of one resource, by scope. */
export type ResourceGroup = {
  readonly resource: Resource;
  readonly scopes: readonly { readonly scope: Scope | undefined; readonly spans: readonly Span[] }[];
};

/** Spans as OTLP nests them: by resource (the same object), then by scope, each in the order they came. */
export function groupSpans(spans: Iterable<Span>): ResourceGroup[] {
  const groups = new Map<Resource, Map<string, Span[]>>();
  let own: Span[] = [];
  for (const span of spans) {
    // Neighbours mostly belong together.
    if (own[0]?.resource !== span.resource || own[0].scope !== span.scope) own = groupOf(groups, span);
    own.push(span);
  }
  return [...groups].map(([resource, scopes]) => ({
    resource,
    scopes: Array.from(scopes.values(), (group) => ({ scope: group[0]?.scope, spans: group })),
  }));
}

function groupOf(groups: Map<Resource, Map<string, Span[]>>, { resource, scope }: Span): Span[] {
  const key = JSON.stringify([scope?.name, scope?.version]);
  return getOrMake(
    getOrMake(groups, resource, () => new Map<string, Span[]>()),
    key,
    () => [],
  );
}

/** The attributes of a resource, its service among them. */
export function resourceEntries({ service, attributes }: Resource): [string, AttributeValue][] {
  const entries = Object.entries(attributes);
  if (service !== '' && !Object.hasOwn(attributes, 'service.name')) entries.unshift(['service.name', service]);
  return entries;
}
