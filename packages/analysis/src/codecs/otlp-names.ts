import { hasId } from '../distinct-spans.ts';
import type { AttributeValue, Resource, Scope, Span, SpanKind } from '../span.ts';
import { type AttributeBag, newBag } from './attribute-bag.ts';

/** Kinds by their number in OTLP; what is unspecified counts as internal, as OTLP recommends. */
export const KINDS: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Status codes by their number in OTLP. */
export const STATUSES: readonly Span['status'][] = ['unset', 'ok', 'error'];

/** How deep a value may nest: what protobuf's own parsers allow for messages. */
export const MAX_DEPTH = 100;

/** The resource that has these attributes. */
export function resourceOf(attributes: AttributeBag): Resource {
  const service: AttributeValue | undefined = attributes['service.name'];
  return { service: typeof service === 'string' ? service : '', attributes };
}

/** The resource of a service by its name, without other attributes yet. */
export function resourceOfService(service: string): { readonly service: string; readonly attributes: AttributeBag } {
  const attributes = newBag();
  if (service !== '') attributes['service.name'] = service;
  return { service, attributes };
}

/** The scope that has this name and version, if it has any. */
export function scopeOf(name: string, version: string): Scope | undefined {
  if (name === '' && version === '') return undefined;
  return version === '' ? { name } : { name, version };
}

/** Whether a number is an integer in OTLP; the negative zero is none, as integers have only one. */
export function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** The id of a parent, where empty and zero mean that there is none. */
export function someParent(id: string): string | undefined {
  return hasId(id) ? id : undefined;
}
