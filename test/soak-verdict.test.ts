import { describe, expect, it } from 'vitest';
import { judge, slopeOf } from './soak/verdict.mjs';

const PAUSES = 12;
const REQUESTS = 50_000;

/** What a server holds at each pause, if its heap grows so with each request, up and down by 300 kB by chance. */
function reports(bytesPerRequest: number, change: (pause: number) => object = () => ({})) {
  const made = Array.from({ length: PAUSES }, (_, pause) => (pause + 1) * REQUESTS);
  const noise = [0.3, -0.9, 0.8, -0.2, 0.1, -0.7, 0.9, 0.4, -1, 0.6, -0.4, 0.2];
  const all = made.map((requests, pause) => ({
    heapBytes: 30e6 + bytesPerRequest * requests + (noise[pause] ?? 0) * 300_000,
    rssBytes: 120e6,
    contexts: 2,
    spans: 3,
    open: 0,
    requests: 4,
    handles: { TCPServerWrap: 1, PipeWrap: 1 },
    stats: { exported: 0, failed: 0, dropped: 0, pending: 0 },
    ...change(pause),
  }));
  return judge(all, made, 30).shortcomings.join('\n');
}

describe('the verdict of the soak', () => {
  it('is that nothing grows where a heap goes up and down', () => {
    expect(reports(0)).toBe('');
    expect(reports(0.5)).toBe('');
  });

  it.each([10, 100])('finds that a heap grows by %i bytes with each request', (bytes) => {
    expect(reports(bytes)).toMatch(/^the heap grows by [\d.]+ to [\d.]+ bytes with each request/);
  });

  it('takes no growth of one pause for one of every request', () => {
    expect(reports(0, (pause) => (pause === 11 ? { heapBytes: 31e6 } : {}))).toBe('');
  });

  it('finds spans that have not ended, sockets that stay open, and contexts that are held', () => {
    expect(reports(0, () => ({ open: 1 }))).toBe('1 spans have not ended');
    expect(reports(0, (pause) => ({ handles: { TCPSocketWrap: pause * 10 } }))).toMatch(/110 handles are held/);
    expect(reports(0, (pause) => ({ contexts: pause * 10 }))).toMatch(/110 contexts are held/);
  });

  it('has the slope of a line in its interval, and a wider one where points are off it', () => {
    expect(slopeOf([1, 2, 3, 4], [12, 14, 16, 18])).toEqual({ from: 2, to: 2 });
    // By hand: slope 1.9, residuals -0.1, 0, 0.3, -0.2 → 0.14 / 2 / 5, times 4.303.
    const { from, to } = slopeOf([1, 2, 3, 4], [2, 4, 6.2, 7.6]);
    expect([from, to].map((value) => Math.round(value * 1000) / 1000)).toEqual([1.391, 2.409]);
  });
});
