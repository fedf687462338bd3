import type { AttributeValue, Resource, Scope, Span } from '../span.ts';

/** The spans of one resource, by scope. */
export type ResourceGroup = {
  readonly resource: Resource;
  readonly scopes: readonly { readonly scope: Scope | undefined; readonly spans: readonly Span[] }[];
};

/** Spans as OTLP nests them: by resource (the same object), then by scope, each in the order they came. */
export function groupSpans(spans: Iterable<Span>): ResourceGroup[] {
  const groups = new Map<Resource, Map<string, { scope: Scope | undefined; spans: Span[] }>>();
  for (const span of spans) {
    let scopes = groups.get(span.resource);
    if (scopes === undefined) {
      scopes = new Map();
      groups.set(span.resource, scopes);
    }
    const key = JSON.stringify([span.scope?.name, span.scope?.version]);
    const group = scopes.get(key);
    if (group === undefined) scopes.set(key, { scope: span.scope, spans: [span] });
    else group.spans.push(span);
  }
  return [...groups].map(([resource, scopes]) => ({ resource, scopes: [...scopes.values()] }));
}

/** The attributes of a resource, its service among them. */
export function resourceEntries({ service, attributes }: Resource): [string, AttributeValue][] {
  const entries = Object.entries(attributes);
  if (service !== '' && !Object.hasOwn(attributes, 'service.name')) entries.unshift(['service.name', service]);
  return entries;
}
