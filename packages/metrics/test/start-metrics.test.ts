import { DiagLogLevel, diag } from '@opentelemetry/api';
import { startMetrics } from '@throughline/metrics';
import * as promClient from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';

const started: { stop(): void }[] = [];

afterEach(() => {
  for (const metrics of started.splice(0)) metrics.stop();
  promClient.register.clear();
});

describe('startMetrics', () => {
  it('takes the global registry of prom-client unless it is given one, and leaves it as it was when it stops', () => {
    const metrics = startMetrics({ promClient });
    started.push(metrics);
    expect(promClient.register.getSingleMetric('http_server_request_duration_seconds')).toBeDefined();
    expect(promClient.register.contentType).toBe(promClient.Registry.PROMETHEUS_CONTENT_TYPE);
    metrics.stop();
    expect(promClient.register.getMetricsAsArray()).toEqual([]);
    metrics.stop();
  });

  it('starts once; a second call returns what the first one did, and warns', () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    diag.setLogger({ error: note, warn: note, info: note, debug: note, verbose: note }, DiagLogLevel.WARN);
    const metrics = startMetrics();
    started.push(metrics);
    expect(startMetrics({ promClient })).toBe(metrics);
    expect(lines).toEqual(['[metrics] `startMetrics` was called again. The options of the first call stay in force.']);
    diag.disable();
  });

  it('refuses a registry that has metrics of these names, and puts none of its own there', () => {
    const registry = new promClient.Registry();
    new promClient.Gauge({ name: 'http_server_active_requests', help: 'Ours.', registers: [registry] });
    expect(() => startMetrics({ promClient, registry })).toThrow(
      '[metrics] The registry has a metric `http_server_active_requests` already. Give `registry` one that has not.',
    );
    expect(registry.getMetricsAsArray()).toHaveLength(1);
    started.push(startMetrics()); // nothing is running
  });

  it.each([
    [{ promClient: {} }, '[metrics] Expected `promClient` to be what `prom-client` exports, got object.'],
    [
      { promClient: promClient.register },
      '[metrics] Expected `promClient` to be what `prom-client` exports, got object.',
    ],
    [
      { promClient, registry: 'default' },
      '[metrics] Expected `registry` to be a Registry of `prom-client`, got the string "default".',
    ],
    [
      { registry: new promClient.Registry() },
      '[metrics] Expected `promClient` besides `registry`. Give it what `prom-client` exports.',
    ],
    [
      { meterProvider: null },
      '[metrics] Expected `meterProvider` to be a MeterProvider (an object with `getMeter`), got null.',
    ],
    [{ buckets: [1] }, '[metrics] There is no option `buckets`. Use one of `promClient`, `registry`, `meterProvider`.'],
  ])('refuses wrong options: %#', (options, message) => {
    expect(() => startMetrics(options as never)).toThrow(new TypeError(message));
  });
});
