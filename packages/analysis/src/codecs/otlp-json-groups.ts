import type { Resource, Scope } from '../span.ts';
import { type Fields, fieldsOf, firstOf, listOf } from './json-fields.ts';
import { resourceFrom, scopeFrom } from './otlp-json-values.ts';

/**
 * Makes something of each item of OTLP JSON, which nests spans and logs alike: by resource, then by scope.
 *
 * @param groups the list by resource.
 * @param names the fields of the lists by scope, the name of today first.
 * @param items the field of the items.
 */
export function itemsOf<T>(
  groups: unknown,
  names: readonly [string, ...string[]],
  items: string,
  make: (item: Fields, resource: Resource, scope: Scope | undefined) => T,
): T[] {
  const made: T[] = [];
  for (const value of listOf(groups, 'the list by resource')) {
    const group = fieldsOf(value, 'a resource with its scopes');
    const resource = resourceFrom(group.resource);
    for (const scopeValue of listOf(firstOf(group, ...names), names[0])) {
      const scopeGroup = fieldsOf(scopeValue, `an item of ${names[0]}`);
      const scope = scopeFrom(firstOf(scopeGroup, 'scope', 'instrumentationLibrary'));
      for (const item of listOf(scopeGroup[items], items))
        made.push(make(fieldsOf(item, `an item of ${items}`), resource, scope));
    }
  }
  return made;
}
