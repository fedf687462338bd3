/** What a comparison looks at: an intrinsic of the span or its trace, or an attribute. */
export type Field =
  | {
      readonly of:
        | 'name'
        | 'service'
        | 'status'
        | 'statusMessage'
        | 'kind'
        | 'duration'
        | 'traceDuration'
        | 'rootName'
        | 'rootService';
    }
  | { readonly of: 'attribute'; readonly scope: 'any' | 'span' | 'resource'; readonly key: string };

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~';

/** What is asked of one span. A comparison with a field that the span does not have is false, `!=` and `!~` too. */
export type SpanFilter =
  | { readonly is: 'all' }
  | { readonly is: 'and' | 'or'; readonly items: readonly SpanFilter[] }
  | { readonly is: 'not'; readonly item: SpanFilter }
  | {
      readonly is: 'compare';
      readonly field: Field;
      readonly by: Comparison;
      readonly value: string | number | boolean;
    }
  /** Whether the field is there. */
  | { readonly is: 'present'; readonly field: Field }
  /** Whether the text is in the name, the service, the message or an attribute, whatever its case. */
  | { readonly is: 'text'; readonly text: string };

/** What is asked of a trace: spans of several sorts, not all of which need be the same span. */
export type TraceFilter =
  | { readonly is: 'span'; readonly filter: SpanFilter }
  | { readonly is: 'and' | 'or'; readonly items: readonly TraceFilter[] };

/** The filters of all sorts of spans that a trace filter names. */
export function spanFilters(filter: TraceFilter): SpanFilter[] {
  return filter.is === 'span' ? [filter.filter] : filter.items.flatMap(spanFilters);
}

/** Whether a trace is meant, by what each of {@link spanFilters} found in it, in order. */
export function isMeant(filter: TraceFilter, found: readonly boolean[]): boolean {
  let at = 0;
  return meant(filter);

  function meant(part: TraceFilter): boolean {
    if (part.is === 'span') return found[at++] ?? false;
    // All parts are visited, as each takes its place in the list.
    const results = part.items.map(meant);
    return part.is === 'and' ? results.every(Boolean) : results.some(Boolean);
  }
}
