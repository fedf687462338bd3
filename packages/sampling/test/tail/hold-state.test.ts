import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { memoryUse } from '../../src/tail/memory-pressure.ts';
import { createHold, SPAN_BYTES } from './spans.ts';

// Holds more and more objects, as a hold does, until memory is scarce. In lists of a thousand: one list of all would ask for half as
// much again whenever it is full.
const FILL = `
  import { memoryUse } from './memory-pressure.ts';
  const held = [];
  while (memoryUse() < 0.9) held.push(Array.from({ length: 1000 }, (_, n) => ({ n, text: String(n) })));
  process.stdout.write('scarce');
`;
// Three times this is a part of the limit that Node tells, and up to this becomes old at once: less than a tenth of the heap.
const YOUNG = '--max-semi-space-size=16';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  metrics.disable();
  vi.useRealTimers();
});

it('holds nothing while memory is scarce, counts what it lets go, and holds again when there is relief', () => {
  let use = 0.5;
  const { start, end, names, hold } = createHold({}, () => use);
  const open = start({ trace: 1, name: 'open' });
  end(start({ trace: 1, name: 'child', parent: open }));
  end(start({ trace: 2, name: 'held' }));
  use = 0.91;
  vi.advanceTimersByTime(300);
  expect(hold.stats()).toMatchObject({ held: 0, heldBytes: 0, evicted: 2 });
  end(open, { error: true });
  end(start({ trace: 3, name: 'not held' }), { error: true });
  end(start({ trace: 4, name: 'sampled', sampled: true }), { error: true });
  expect(names()).toEqual(['sampled']);
  expect(hold.stats()).toMatchObject({ held: 0, shed: 2, late: 0 });
  use = 0.87;
  vi.advanceTimersByTime(300);
  end(start({ trace: 5, name: 'not held yet' }), { error: true });
  use = 0.84;
  vi.advanceTimersByTime(300);
  end(start({ trace: 6, name: 'held again' }), { error: true });
  expect(names()).toEqual(['sampled', 'held again']);
  expect(hold.stats()).toMatchObject({ shed: 3, kept: 1 });
});

it.each([[['--max-old-space-size=256']], [['--max-old-space-size=2000', '--max_old_space_size=256']]])(
  'knows that memory is scarce before the process dies of it: %j',
  { timeout: 60_000 },
  async (flags) => {
    const { outputFiles } = await build({
      stdin: { contents: FILL, resolveDir: fileURLToPath(new URL('../../src/tail', import.meta.url)), loader: 'ts' },
      bundle: true,
      platform: 'node',
      write: false,
      conditions: ['throughline-source'],
    });
    const { status, stdout } = spawnSync(process.execPath, [...flags, YOUNG, '-'], {
      input: outputFiles[0]?.text,
      env: { ...process.env, NODE_OPTIONS: '' },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, 'scarce']);
  },
);

it('knows which share of its memory the process uses', () => {
  expect(memoryUse()).toBeGreaterThan(0.001);
  expect(memoryUse()).toBeLessThan(0.9);
});

it('reports its state to a meter provider, also to one that is registered later, and no more after the end', async () => {
  const { start, end, hold } = createHold({ slowerThan: '1s', perSecond: 1 });
  end(start({ trace: 1 }));
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  vi.advanceTimersByTime(300);
  end(start({ trace: 2 }), { error: true });
  end(start({ trace: 3 }), { ms: 2000 });
  expect(await collect()).toEqual({
    'throughline.hold.memory': hold.stats().heldBytes,
    'throughline.hold.spans': 1,
    'throughline.hold.decided kept': 2,
    'throughline.hold.decided dropped': 0,
    'throughline.hold.decided evicted': 0,
    'throughline.hold.decided late': 0,
    'throughline.hold.decided omitted': 0,
    'throughline.hold.decided shed': 0,
    'throughline.hold.kept error': 1,
    'throughline.hold.kept slow': 1,
    'throughline.hold.over_budget': 0,
  });
  expect(hold.stats().heldBytes).toBeGreaterThan(SPAN_BYTES);
  hold.shutdown();
  const stats = vi.spyOn(hold, 'stats');
  await collect();
  expect(stats).not.toHaveBeenCalled();

  async function collect(): Promise<Record<string, unknown>> {
    const { resourceMetrics } = await reader.collect();
    const points = resourceMetrics.scopeMetrics.flatMap(({ metrics: all }) =>
      all.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [[descriptor.name, ...Object.values(attributes)].join(' '), value]),
      ),
    );
    return Object.fromEntries(points);
  }
});
