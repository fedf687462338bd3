import { DiagLogLevel, diag } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LossCounter } from '../src/loss.ts';

const warnings: string[] = [];
const ignore = (): void => {};

beforeEach(() => {
  vi.useFakeTimers();
  const warn = (message: string): void => void warnings.push(message);
  diag.setLogger({ warn, error: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
});

afterEach(() => {
  diag.disable();
  warnings.length = 0;
  vi.useRealTimers();
});

it('warns of the first losses at once, in one line', () => {
  const loss = new LossCounter();
  loss.failed(500, 'ECONNREFUSED');
  loss.dropped(3);
  vi.advanceTimersByTime(1);
  expect(warnings).toEqual([
    '[sdk] Spans were lost: 500 could not be exported (ECONNREFUSED), 3 were dropped because too many were waiting or ' +
      'tracing had ended. Requests are not affected.',
  ]);
});

it('warns once a minute however much is lost', () => {
  const loss = new LossCounter();
  for (let second = 0; second < 185; second++) {
    loss.dropped(10);
    vi.advanceTimersByTime(1000);
  }
  expect(warnings.map((warning) => /(\d+) were dropped/.exec(warning)?.[1])).toEqual(['10', '600', '600', '600']);
});

it('is quiet while nothing is lost', () => {
  const loss = new LossCounter();
  loss.failed(1, 'once');
  vi.advanceTimersByTime(1000);
  loss.exported(100);
  vi.advanceTimersByTime(600_000);
  loss.report();
  expect(warnings).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(loss.counts).toEqual({ exported: 100, failed: 1, dropped: 0 });
});
