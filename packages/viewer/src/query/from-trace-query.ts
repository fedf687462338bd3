import type { TraceQuery } from '@throughline/readers';
import type { Selection } from '../store/trace-store.ts';
import type { SpanFilter } from './filter.ts';

/** The selection that a query of `TraceSource` stands for. */
export function selectionOf(query: TraceQuery): Selection {
  const items: SpanFilter[] = [];
  const { service, operation, kind, error, minDurationMs, maxDurationMs, attributes = {} } = query;
  if (service !== undefined) items.push({ is: 'compare', field: { of: 'service' }, by: '=', value: service });
  if (operation !== undefined) items.push({ is: 'compare', field: { of: 'name' }, by: '=', value: operation });
  if (kind !== undefined) items.push({ is: 'compare', field: { of: 'kind' }, by: '=', value: kind });
  if (minDurationMs !== undefined)
    items.push({ is: 'compare', field: { of: 'duration' }, by: '>=', value: minDurationMs * 1e6 });
  if (maxDurationMs !== undefined)
    items.push({ is: 'compare', field: { of: 'duration' }, by: '<=', value: maxDurationMs * 1e6 });
  for (const [key, value] of Object.entries(attributes))
    items.push({ is: 'compare', field: { of: 'attribute', scope: 'any', key }, by: '=', value });
  if (error !== undefined)
    items.push({ is: 'compare', field: { of: 'status' }, by: error ? '=' : '!=', value: 'error' });
  return {
    filter: { is: 'span', filter: items.length === 0 ? { is: 'all' } : { is: 'and', items } },
    ...(query.fromMs !== undefined && { fromMs: query.fromMs }),
    ...(query.toMs !== undefined && { toMs: query.toMs }),
  };
}
