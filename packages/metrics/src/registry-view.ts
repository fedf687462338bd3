import type { PromRegistry } from './prometheus-instruments.ts';

/** The content type of the text format. */
export const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
/** The content type of OpenMetrics. */
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type RegisteredMetric = { readonly name: string; readonly type: string; get(): Promise<object> };

/**
 * A registry as if it were one of this content type: the same metrics and default labels. prom-client writes by the registry's
 * own, which all scrapers share, and cuts `_total` off the names of counters for good when it writes OpenMetrics.
 */
export function viewOf(registry: PromRegistry, contentType: typeof TEXT | typeof OPENMETRICS): PromRegistry {
  const metrics = (): object[] => {
    const all = registry.getMetricsAsArray() as unknown as RegisteredMetric[];
    return contentType === OPENMETRICS ? all.map(withoutTotal) : all;
  };
  return Object.create(registry, {
    contentType: { value: contentType },
    getMetricsAsArray: { value: metrics },
  }) as PromRegistry;
}

function withoutTotal(metric: RegisteredMetric): object {
  if (metric.type !== 'counter') return metric;
  const name = metric.name.replace(/_total$/, '');
  const get = async (): Promise<object> => ({ ...(await metric.get()), name });
  return { name, type: 'counter', get };
}
