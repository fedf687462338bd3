import type { AttributeValue, Span } from '@throughline/analysis';
import type { Comparison, Field, SpanFilter } from './filter.ts';
import { inLowerCase } from './lower-case.ts';
import { Pattern } from './pattern.ts';

/** What filters may ask of the trace that a span belongs to. */
export type TraceFacts = { readonly duration: number; readonly rootName: string; readonly rootService: string };

type Matcher = (span: Span, trace: TraceFacts) => boolean;

/** Makes a function of a filter that says whether a span is meant. */
export function matcherOf(filter: SpanFilter): Matcher {
  switch (filter.is) {
    case 'all':
      return () => true;
    case 'and': {
      const items = filter.items.map(matcherOf);
      return (span, trace) => items.every((matches) => matches(span, trace));
    }
    case 'or': {
      const items = filter.items.map(matcherOf);
      return (span, trace) => items.some((matches) => matches(span, trace));
    }
    case 'not': {
      const matches = matcherOf(filter.item);
      return (span, trace) => !matches(span, trace);
    }
    case 'present':
      // An empty value is none, as OTLP has it.
      return (span, trace) => {
        const value = fieldValue(filter.field, span, trace);
        return value !== undefined && value !== null;
      };
    case 'text':
      return textMatcher(filter.text);
    case 'compare': {
      const compare = comparer(filter.by, filter.value);
      return (span, trace) => {
        const value = fieldValue(filter.field, span, trace);
        if (value === undefined || value === null) return false;
        return Array.isArray(value) ? value.some(compare) : compare(value as AttributeValue);
      };
    }
  }
}

function fieldValue(field: Field, span: Span, trace: TraceFacts): AttributeValue | undefined {
  switch (field.of) {
    case 'name':
      return span.name;
    case 'service':
      return span.resource.service;
    case 'status':
      return span.status;
    case 'statusMessage':
      return span.statusMessage;
    case 'kind':
      return span.kind;
    case 'duration':
      return durationOf(span);
    case 'traceDuration':
      return trace.duration;
    case 'rootName':
      return trace.rootName;
    case 'rootService':
      return trace.rootService;
    case 'attribute': {
      const { key, scope } = field;
      if (scope !== 'resource' && Object.hasOwn(span.attributes, key)) return span.attributes[key];
      const { attributes } = span.resource;
      return scope !== 'span' && Object.hasOwn(attributes, key) ? attributes[key] : undefined;
    }
  }
}

/** Nanoseconds; never negative. */
export function durationOf({ startUnixNano, endUnixNano }: Span): number {
  return endUnixNano > startUnixNano ? Number(endUnixNano - startUnixNano) : 0;
}

function comparer(by: Comparison, wanted: string | number | boolean): (value: AttributeValue) => boolean {
  if (by === '=~' || by === '!~') {
    // The whole value has to match, as in TraceQL.
    const pattern = new Pattern(String(wanted));
    return (value) => pattern.matches(textOf(value)) === (by === '=~');
  }
  if (by === '=' || by === '!=') {
    const text = String(wanted);
    return (value) => (textOf(value) === text) === (by === '=');
  }
  return (value) => {
    if (typeof wanted === 'number') return isOrdered(by, numberIn(value) - wanted);
    const text = textOf(value);
    return isOrdered(by, text < String(wanted) ? -1 : text > String(wanted) ? 1 : 0);
  };
}

// Some formats have texts only.
function numberIn(value: AttributeValue): number {
  if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value);
  return typeof value === 'number' ? value : Number.NaN;
}

function isOrdered(by: Comparison, difference: number): boolean {
  if (by === '<') return difference < 0;
  if (by === '<=') return difference <= 0;
  return by === '>' ? difference > 0 : difference >= 0;
}

function textOf(value: AttributeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function textMatcher(text: string): Matcher {
  const wanted = inLowerCase(text);
  const has = (value: unknown) =>
    value !== null && value !== undefined && inLowerCase(textOf(value as AttributeValue)).includes(wanted);
  const hasEntry = (attributes: Span['attributes']) => {
    for (const key in attributes) if (has(key) || has(attributes[key])) return true;
    return false;
  };
  return (span) =>
    has(span.name) ||
    has(span.resource.service) ||
    has(span.statusMessage) ||
    span.traceId === wanted ||
    span.spanId === wanted ||
    hasEntry(span.attributes) ||
    hasEntry(span.resource.attributes);
}
