import type { AttributeValue, Scope, Span } from '../span.ts';
import { type AttributeBag, newBag } from './attribute-bag.ts';
import { someCount, someText, textOf } from './json-fields.ts';
import { KINDS, STATUSES, scopeOf } from './otlp-names.ts';

/** What Jaeger and Zipkin have no field for and carry in tags. */
export type TaggedFields = Pick<
  Span,
  | 'kind'
  | 'status'
  | 'statusMessage'
  | 'attributes'
  | 'traceState'
  | 'scope'
  | 'droppedAttributes'
  | 'droppedEvents'
  | 'droppedLinks'
> & { readonly attributes: AttributeBag; readonly scope: Scope | undefined };

// https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/; otel.library.* are the names before 1.10.
const TAGS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'span.kind',
  'error',
  'otel.status_code',
  'otel.status_description',
  'w3c.tracestate',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'otel.dropped_attributes_count',
  'otel.dropped_events_count',
  'otel.dropped_links_count',
]);

/** Sorts the tags of a span into attributes and what they say about other fields. */
export function fieldsFromTags(tags: Iterable<readonly [string, AttributeValue]>): TaggedFields {
  const attributes = newBag();
  const known = newBag();
  for (const [key, value] of tags) (TAGS.has(key) ? known : attributes)[key] = value;
  const error = known.error;
  const isError = error === true || error === 'true';
  if (error !== undefined && !isError) attributes.error = error;
  const code = textOf(known['otel.status_code']).toLowerCase();
  return {
    attributes,
    kind: KINDS.find((kind) => kind === known['span.kind']) ?? 'internal',
    status: isError ? 'error' : (STATUSES.find((status) => status === code) ?? 'unset'),
    statusMessage: someText(known['otel.status_description']),
    traceState: someText(known['w3c.tracestate']),
    scope: scopeOf(
      textOf(known['otel.scope.name'] ?? known['otel.library.name']),
      textOf(known['otel.scope.version'] ?? known['otel.library.version']),
    ),
    droppedAttributes: someCount(known['otel.dropped_attributes_count']),
    droppedEvents: someCount(known['otel.dropped_events_count']),
    droppedLinks: someCount(known['otel.dropped_links_count']),
  };
}

/** The attributes of a span and its other fields as tags; status messages and kinds are for the caller to add. */
export function tagsOf(span: Span): Map<string, AttributeValue> {
  const tags = new Map(Object.entries(span.attributes));
  const add = (key: string, value: AttributeValue | undefined): void => {
    if (value !== undefined && value !== '') tags.set(key, value);
  };
  add('otel.scope.name', span.scope?.name);
  add('otel.scope.version', span.scope?.version);
  add('w3c.tracestate', span.traceState);
  add('otel.status_code', span.status === 'unset' ? undefined : span.status.toUpperCase());
  add('otel.dropped_attributes_count', span.droppedAttributes);
  add('otel.dropped_events_count', span.droppedEvents);
  add('otel.dropped_links_count', span.droppedLinks);
  return tags;
}
