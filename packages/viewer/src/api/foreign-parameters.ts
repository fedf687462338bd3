import type { SpanKind } from '@throughline/analysis';
import type { SpanFilter } from '../query/filter.ts';
import { RequestError } from './answer.ts';
import { SPAN_KINDS } from './messages.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of a duration as Go writes it, such as `1.5s` or `1m30s`; nothing for nothing. */
export function goDuration(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text))
    throw new RequestError('Expected a duration such as `100ms` or `1.5s`.');
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * (UNITS[unit] ?? 1);
  return sum;
}

/** What a tag means in Jaeger and Zipkin: the status and the kind are tags there. */
export function tagFilter(key: string, value: string | undefined): SpanFilter {
  if (key === 'error' && (value === undefined || value === 'true' || value === 'false'))
    return { is: 'compare', field: { of: 'status' }, by: value === 'false' ? '!=' : '=', value: 'error' };
  if (key === 'span.kind' && value !== undefined) return { is: 'compare', field: { of: 'kind' }, by: '=', value };
  const field = { of: 'attribute', scope: 'any', key } as const;
  return value === undefined ? { is: 'present', field } : { is: 'compare', field, by: '=', value };
}

/** The span filter that all of these are. */
export function allOf(filters: readonly (SpanFilter | undefined)[]): SpanFilter {
  const items = filters.filter((filter) => filter !== undefined);
  return items.length === 0 ? { is: 'all' } : { is: 'and', items };
}

/** A comparison of the service, the name or the duration, where there is something to compare with. */
export function compared(
  of: 'service' | 'name' | 'duration',
  by: '=' | '>=' | '<=',
  value: string | number | null | undefined,
): SpanFilter | undefined {
  return value === null || value === undefined || value === ''
    ? undefined
    : { is: 'compare', field: { of }, by, value };
}

/** The kind that a text names in any case. */
export function kindNamed(text: string | null): SpanKind | undefined {
  const name = text?.toLowerCase().replace(/^span_kind_/, '');
  return SPAN_KINDS.find((kind) => kind === name);
}
