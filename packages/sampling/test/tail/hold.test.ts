import { context, createContextKey, diag, SpanKind } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { readKeepOptions, TailHold } from '@throughline/sampling';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHold, look, makeSpan, readsIds, SPAN_BYTES, traceId } from './spans.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  vi.useRealTimers();
});

const KEPT = { flag: 1, state: 'ot=th:0' };

it.each([
  ['the status ERROR', { error: true }],
  ['a response of 503', { attributes: { 'http.response.status_code': 503 } }],
  ['an error.type', { attributes: { 'error.type': 'ECONNRESET' } }],
])('keeps the whole trace when one of its spans has %s', (_what, outcome) => {
  const { start, end, out, hold } = createHold();
  const root = start({ name: 'root' });
  const before = start({ name: 'before', parent: root });
  end(before);
  const failing = start({ name: 'failing', parent: root });
  expect(out).toEqual([]);
  end(failing, outcome);
  end(root);
  expect(out).toEqual([before, failing, root]);
  for (const span of out) expect(look(span)).toEqual({ ...KEPT, reason: 'error' });
  expect(hold.stats()).toMatchObject({ kept: 3, held: 0, heldBytes: 0, dropped: 0 });
});

it.each([
  ['a call that got a 404', SpanKind.CLIENT, { 'http.response.status_code': 404, 'error.type': '404' }, false],
  [
    'a call whose 200 was cut off',
    SpanKind.CLIENT,
    { 'http.response.status_code': 200, 'error.type': 'aborted' },
    true,
  ],
  [
    'a call that timed out after a 404',
    SpanKind.CLIENT,
    { 'http.response.status_code': 404, 'error.type': 'Abort' },
    true,
  ],
  ['a call that got no answer', SpanKind.CLIENT, {}, true],
  ['a call that got a 500', SpanKind.CLIENT, { 'http.response.status_code': 500, 'error.type': '500' }, true],
  ['a request that is an error of ours by its status', SpanKind.SERVER, { 'http.response.status_code': 404 }, true],
  ['work that failed', SpanKind.INTERNAL, {}, true],
  ['a message that failed', SpanKind.CONSUMER, {}, true],
])('tells an answer from an error: %s', (_what, kind, attributes, kept) => {
  const { start, end, out } = createHold();
  const root = start();
  end(start({ kind, parent: root }), { error: true, attributes });
  end(root);
  expect(out).toHaveLength(kept ? 2 : 0);
});

it('keeps a later request of a trace whose first one was sampled, and failed', () => {
  const { start, end, names, hold } = createHold({ slowerThan: '1s' });
  const kept: unknown[] = [];
  hold.whenKept((id, reason) => void kept.push([id, reason]));
  end(start({ trace: 1, name: 'sampled', sampled: true, state: 'ot=th:8' }), { error: true });
  end(start({ trace: 1, name: 'failed before' }));
  end(start({ trace: 2, name: 'sampled', sampled: true, state: 'ot=th:8' }), { ms: 2000 });
  end(start({ trace: 2, name: 'slow before' }));
  end(start({ trace: 3, name: 'sampled', sampled: true, state: 'ot=th:8' }));
  end(start({ trace: 3, name: 'not kept' }));
  expect(names()).toEqual(['sampled', 'failed before', 'sampled', 'slow before', 'sampled']);
  expect(kept).toEqual([
    [traceId(1), 'error'],
    [traceId(2), 'slow'],
  ]);
});

it('watches all open requests of a trace for slowness, not the first one alone', () => {
  const { start, end, names } = createHold({ slowerThan: '1m', routes: { '/search': '1s' } });
  const first = start({ name: 'first' });
  const second = start({ name: 'second' });
  second.attributes['http.route'] = '/search';
  const third = start({ name: 'third' });
  end(first);
  vi.advanceTimersByTime(900);
  expect(names()).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(names()).toEqual(['first']);
  end(third);
  expect(names()).toEqual(['first', 'third']);
});

it('drops an ordinary trace after ten seconds, and hands nothing of it over', () => {
  const { start, end, out, hold } = createHold({ slowerThan: '1s' });
  const root = start();
  end(start({ parent: root }), { attributes: { 'http.response.status_code': 404 } });
  end(root);
  vi.advanceTimersByTime(9_700);
  expect(hold.stats()).toMatchObject({ held: 2, dropped: 0 });
  vi.advanceTimersByTime(600);
  expect(hold.stats()).toMatchObject({ held: 0, heldBytes: 0, dropped: 2 });
  expect(out).toEqual([]);
  expect(look(root)).toEqual({ flag: 0, state: undefined, reason: undefined });
  expect(vi.getTimerCount()).toBe(0);
});

it('does not keep errors when it is told not to', () => {
  const { start, end, out } = createHold({ errors: false });
  end(start(), { error: true });
  expect(out).toEqual([]);
});

it('hands over at once what the sampler has sampled, as it is', () => {
  const { start, end, out, announced, hold } = createHold();
  const root = start({ sampled: true, state: 'ot=th:c' });
  expect(announced).toEqual([root]);
  end(root, { error: true });
  expect(out).toEqual([root]);
  expect(look(root)).toEqual({ flag: 1, state: 'ot=th:c', reason: undefined });
  expect(hold.stats()).toMatchObject({ kept: 0, held: 0 });
  expect(vi.getTimerCount()).toBe(0);
});

it('samples what is open, and what starts later, as soon as a trace is kept', () => {
  const { start, end, announced } = createHold();
  const root = start({ name: 'root', state: 'ot=rv:0123456789abcd,other=1' });
  const failing = start({ name: 'failing', parent: root });
  end(failing, { error: true });
  expect(look(root)).toEqual({ flag: 1, state: 'ot=rv:0123456789abcd,other=1', reason: undefined });
  const later = start({ name: 'later', parent: root });
  expect(look(later).flag).toBe(1);
  expect(announced.map(({ name }) => name)).toEqual(['root', 'failing', 'later']);
  end(later);
  end(root);
  expect(look(root).state).toBe('ot=th:0;rv:0123456789abcd,other=1');
});

it('announces every span once, and before it is handed over', () => {
  const { start, end, announced, out } = createHold();
  const root = start({ name: 'root' });
  end(start({ name: 'a', parent: root }));
  end(start({ name: 'b', parent: root }), { error: true });
  end(start({ name: 'c', parent: root }));
  end(root);
  expect(announced.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'root']);
  expect(out).toHaveLength(4);
});

it('keeps requests that are slower than a limit, or than that of their route', () => {
  const options = { slowerThan: '1s', routes: { '/search': '300ms', '/reports/*': '1m' } };
  const { start, end, names } = createHold(options);
  const requests = [
    ['/users', 999],
    ['/users', 1001],
    ['/search', 299],
    ['/search', 301],
    ['/reports/:id', 59_000],
    ['/reports/:id', 61_000],
  ] as const;
  for (const [index, [route, ms]] of requests.entries()) {
    end(start({ trace: index, name: `${route} ${ms}` }), { ms, attributes: { 'http.route': route } });
  }
  end(start({ trace: 100, name: 'by path' }), { ms: 400, attributes: { 'url.path': '/search' } });
  expect(names()).toEqual(['/users 1001', '/search 301', '/reports/:id 61000', 'by path']);
});

it('looks only at the duration of the span that began the work here', () => {
  const { start, end, out } = createHold({ slowerThan: 100 });
  const root = start();
  end(start({ parent: root }), { ms: 5000 });
  end(root, { ms: 99 });
  const own = start({ trace: 2, parent: null });
  end(own, { ms: 101 });
  expect(out).toEqual([own]);
  expect(look(own).reason).toBe('slow');
});

it.each([Number.NaN, -1000, Number.NEGATIVE_INFINITY])('takes a duration of %d for none', (ms) => {
  const { start, end, out } = createHold({ slowerThan: 'p99', routes: { '/a': 1 } });
  for (let trace = 0; trace < 300; trace++) end(start({ trace }), { ms });
  end(start({ trace: 999 }), { ms, attributes: { 'http.route': '/a' } });
  expect(out).toEqual([]);
});

it('keeps about the slowest in a hundred of each route, once it knows a hundred', () => {
  const { start, end, names } = createHold({ slowerThan: 'p99' });
  const serve = (name: string, trace: number, ms: number) =>
    end(start({ trace, name }), { ms, attributes: { 'http.route': name } });
  for (let index = 0; index < 99; index++) serve('/fast', index, index === 50 ? 9000 : 10 + ((index * 37) % 100));
  expect(names()).toEqual([]);
  for (let index = 0; index < 5000; index++) {
    serve('/fast', 1000 + index, 10 + ((index * 37) % 100));
    serve('/slow', 10_000 + index, 1000 + 10 * ((index * 37) % 100));
  }
  const kept = names();
  expect(kept.filter((name) => name === '/fast').length).toBeLessThanOrEqual(60);
  expect(kept.filter((name) => name === '/slow').length).toBeLessThanOrEqual(60);
  serve('/fast', 100_000, 500);
  serve('/slow', 100_001, 500);
  expect(names().slice(kept.length)).toEqual(['/fast']);
});

it('keeps a request that is still open when it gets slow, and streams what follows', () => {
  const { start, end, names, hold } = createHold({ slowerThan: '1s' });
  const root = start({ name: 'root' });
  end(start({ name: 'a', parent: root }));
  vi.advanceTimersByTime(1000);
  expect(names()).toEqual([]);
  vi.advanceTimersByTime(250);
  expect(names()).toEqual(['a']);
  expect(look(root).flag).toBe(1);
  end(start({ name: 'b', parent: root }));
  expect(names()).toEqual(['a', 'b']);
  vi.advanceTimersByTime(60_000);
  end(root, { ms: 61_000 });
  expect(names()).toEqual(['a', 'b', 'root']);
  expect(look(root)).toEqual({ ...KEPT, reason: 'slow' });
  expect(hold.stats().kept).toBe(3);
});

it.each([
  ['an event stream', { 'throughline.long_lived': 'sse' }],
  ['a WebSocket', { 'http.response.status_code': 101 }],
])('does not take %s for slow', (_what, attributes) => {
  const { start, end, out } = createHold({ slowerThan: '1s' });
  const root = start();
  Object.assign(root.attributes, attributes);
  vi.advanceTimersByTime(60_000);
  end(root, { ms: 60_000 });
  expect(out).toEqual([]);
});

it('lets late spans follow what was decided', () => {
  const { start, end, names, hold } = createHold();
  const kept = start({ trace: 1, name: 'kept' });
  const keptLater = start({ trace: 1, name: 'kept, later', parent: kept });
  end(kept, { error: true });
  vi.advanceTimersByTime(3_600_000);
  end(keptLater);
  expect(look(keptLater)).toEqual({ ...KEPT, reason: 'error' });

  const dropped = start({ trace: 2, name: 'dropped' });
  end(dropped);
  vi.advanceTimersByTime(11_000);
  end(start({ trace: 2, name: 'dropped, later', parent: dropped }), { error: true });
  expect(names()).toEqual(['kept', 'kept, later']);
  expect(hold.stats()).toMatchObject({ dropped: 1, late: 1, held: 0 });
});

it('judges another request of a dropped trace by itself', () => {
  const { start, end, names } = createHold();
  end(start({ name: 'first' }));
  vi.advanceTimersByTime(11_000);
  end(start({ name: 'second' }), { error: true });
  expect(names()).toEqual(['second']);
});

it('releases an earlier request of the trace when a later one fails while it is held', () => {
  const { start, end, names } = createHold();
  end(start({ name: 'first' }));
  vi.advanceTimersByTime(8000);
  end(start({ name: 'second' }), {});
  vi.advanceTimersByTime(8000);
  end(start({ name: 'third' }), { error: true });
  expect(names()).toEqual(['first', 'second', 'third']);
});

it('keeps its part when the caller samples after all', () => {
  const { start, end, out } = createHold();
  end(start({ name: 'first' }));
  const second = start({ name: 'second', sampled: true });
  expect(out.map(look)).toEqual([{ ...KEPT, reason: 'caller' }]);
  end(second);
  expect(out).toHaveLength(2);
});

it('leaves a span as it is that stands for others, also in a trace that is kept', () => {
  const { start, end, out, hold } = createHold();
  const byChance = start({ sampled: true, state: 'ot=th:c' });
  end(start({}), { error: true });
  end(byChance);
  expect(out.map(look)).toEqual([
    { ...KEPT, reason: 'error' },
    { flag: 1, state: 'ot=th:c', reason: undefined },
  ]);
  expect(hold.stats().kept).toBe(1);
});

it('evicts the oldest when there is no room, those at rest before those at work', () => {
  const { start, end, names, hold } = createHold({ maxBytes: 10 * SPAN_BYTES });
  const working = start({ trace: 0, name: 'working' });
  end(start({ trace: 0, name: 'child', parent: working }));
  for (let trace = 1; trace <= 20; trace++) {
    end(start({ trace }));
    expect(hold.stats().heldBytes).toBeLessThanOrEqual(10 * SPAN_BYTES);
  }
  expect(hold.stats().evicted).toBeGreaterThan(10);
  end(working, { error: true });
  expect(names()).toEqual(['child', 'working']);
  const { held, evicted, kept } = hold.stats();
  expect(held + evicted + kept).toBe(22);
});

it('evicts a single trace that is too large, and drops what comes of it later', () => {
  const { start, end, out, hold } = createHold({ maxBytes: 5 * SPAN_BYTES });
  const root = start();
  for (let index = 0; index < 20; index++) end(start({ parent: root }));
  end(root, { error: true });
  expect(out).toEqual([]);
  const { heldBytes, held, evicted, late } = hold.stats();
  expect({ heldBytes, held, all: evicted + late }).toEqual({ heldBytes: 0, held: 0, all: 21 });
});

it('holds a thousand spans of a trace, counts the rest and keeps the one that failed', () => {
  const { start, end, out, hold } = createHold();
  const root = start();
  const children = Array.from({ length: 3000 }, () => start({ parent: root }));
  for (const child of children) end(child);
  expect(hold.stats()).toMatchObject({ held: 1000, omitted: 0 });
  end(root, { error: true });
  expect(out).toHaveLength(1001);
  expect(out.at(-1)).toBe(root);
  expect(out[0]?.attributes['sampling.omitted_spans']).toBe(2000);
  expect(hold.stats()).toMatchObject({ held: 0, heldBytes: 0, kept: 1001, omitted: 2000 });
});

it('knows of open spans beyond those it tracks one by one', () => {
  const { start, end, hold } = createHold();
  const spans = Array.from({ length: 1500 }, () => start());
  for (const span of spans.slice(0, 1499)) end(span);
  vi.advanceTimersByTime(60_000);
  expect(hold.stats().dropped).toBe(0);
  end(spans[1499] ?? makeSpan());
  vi.advanceTimersByTime(11_000);
  expect(hold.stats()).toMatchObject({ dropped: 1000, omitted: 500 });
});

it('keeps fewer and fewer when too many fail, the same ones everywhere, and states the share', () => {
  const randomTrace = (index: number) => Math.floor(((index * 0.618033988749895) % 1) * 2 ** 52);
  const run = (perSecond: number) => {
    const { start, end, out, hold } = createHold({ perSecond });
    for (let index = 0; index < 20_000; index++) {
      const span = start({ trace: index, state: `ot=rv:${randomTrace(index).toString(16).padStart(13, '0')}0` });
      end(span, { error: true });
      if (index % 2 === 0) vi.advanceTimersByTime(1);
    }
    const stats = hold.stats();
    hold.shutdown();
    return { out, stats };
  };
  const few = run(20);
  expect(few.out.length).toBeGreaterThan(100);
  expect(few.out.length).toBeLessThan(300);
  expect(few.stats.overBudget).toBe(20_000 - few.out.length);
  let counted = 0;
  for (const span of few.out) {
    const [, th = '', rv = ''] = /ot=th:([0-9a-f]+);rv:([0-9a-f]{14})/.exec(look(span).state ?? '') ?? [];
    expect(rv >= th).toBe(true);
    counted += 1 / (1 - Number.parseInt(th, 16) / 16 ** th.length);
  }
  expect(counted).toBeGreaterThan(15_000);
  expect(counted).toBeLessThan(25_000);
  const more = new Set(run(200).out.map((span) => span.spanContext().traceId));
  const shared = few.out.filter((span) => more.has(span.spanContext().traceId));
  expect(shared.length / few.out.length).toBeGreaterThan(0.95);
});

it('asks the budget once for a trace', () => {
  const { start, end, hold } = createHold({ perSecond: 0.001 });
  end(start({ trace: 1 }), { error: true });
  for (let trace = 2; trace < 10; trace++) end(start({ trace, state: 'ot=rv:00000000000000' }), { error: true });
  const root = start({ trace: 20, state: 'ot=rv:00000000000000' });
  for (let index = 0; index < 5; index++) end(start({ trace: 20, parent: root }), { error: true });
  end(root, { error: true });
  expect(hold.stats()).toMatchObject({ overBudget: 8, kept: 2, held: 13 });
});

it('keeps a trace that it is told to keep, whatever the budget says, and only those it knows', () => {
  const { start, end, out, hold } = createHold({ perSecond: 0.001, errors: false });
  end(start({ trace: 1 }));
  end(start({ trace: 2 }));
  expect([hold.keep(traceId(1)), hold.keep(traceId(2)), hold.keep(traceId(2)), hold.keep(traceId(3))]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(out.map(look)).toEqual([
    { ...KEPT, reason: 'explicit' },
    { ...KEPT, reason: 'explicit' },
  ]);
});

it('decides about what is there at a shutdown, and holds nothing afterwards', () => {
  const { start, end, names, hold } = createHold({ slowerThan: '1s' });
  const open = start({ trace: 1, name: 'open' });
  const overdue = start({ trace: 2, name: 'overdue' });
  end(start({ trace: 2, name: 'child', parent: overdue }));
  end(start({ trace: 3 }));
  vi.advanceTimersByTime(900);
  vi.setSystemTime(Date.now());
  vi.advanceTimersByTime(99);
  hold.shutdown();
  expect(hold.stats()).toMatchObject({ held: 0, heldBytes: 0, dropped: 2 });
  end(open, { error: true });
  end(start({ trace: 4, name: 'new' }), { error: true });
  end(start({ trace: 5, name: 'sampled', sampled: true }));
  expect(names()).toEqual(['sampled']);
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps at a shutdown a request that is overdue since the last look', () => {
  const { start, end, names, hold } = createHold({ slowerThan: 1100 });
  const root = start({ name: 'root' });
  end(start({ name: 'child', parent: root }));
  vi.advanceTimersByTime(1200);
  expect(names()).toEqual([]);
  hold.shutdown();
  end(root);
  expect(names()).toEqual(['child', 'root']);
});

it.each([-3_600_000, Number.NaN, Number.NEGATIVE_INFINITY])('holds no longer when the clock jumps by %d', (jump) => {
  let offset = 0;
  const { start, end, hold } = createHold({ now: () => performance.now() + offset, slowerThan: '1s' });
  end(start({ trace: 1 }));
  vi.advanceTimersByTime(5000);
  offset = jump;
  vi.advanceTimersByTime(1000);
  if (!Number.isFinite(jump)) offset = 0;
  vi.advanceTimersByTime(5500);
  expect(hold.stats()).toMatchObject({ held: 0, dropped: 1 });
});

it('survives a next processor that throws, and one bad span', () => {
  const error = vi.spyOn(diag, 'error').mockImplementation(() => {});
  const fail = (): never => {
    throw new Error('no');
  };
  const { start, end, hold } = createHold();
  const broken = { ...makeSpan(), spanContext: fail };
  hold.onStart(broken);
  hold.onEnd(broken);
  end(start(), { error: true });
  const access = { ...readsIds, attribute: fail, outcome: fail, mark: fail, durationMs: fail, bytes: fail };
  const other = new TailHold(readKeepOptions({ slowerThan: 1 }), access, { onStart: fail, onEnd: fail });
  for (const sampled of [true, false]) {
    const span = makeSpan({ sampled });
    other.onStart(span);
    vi.advanceTimersByTime(500);
    other.onEnd(span);
    other.keep(traceId(1));
  }
  other.shutdown();
  hold.shutdown();
  expect(error).toHaveBeenCalledTimes(2);
  expect(hold.stats().kept).toBe(1);
  error.mockRestore();
});

it('keeps no context of a request in its timer', async () => {
  vi.useRealTimers();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const key = createContextKey('request');
  const seen = await new Promise((resolve) => {
    const { hold } = createHold({ now: () => 0, hold: 1 });
    const spy = vi.spyOn(globalThis, 'setInterval');
    context.with(context.active().setValue(key, 'mine'), () => {
      spy.mockImplementation((() => {
        resolve(context.active().getValue(key));
        return { unref: () => undefined };
      }) as unknown as typeof setInterval);
      hold.onStart(makeSpan());
    });
    spy.mockRestore();
  });
  context.disable();
  vi.useFakeTimers();
  expect(seen).toBeUndefined();
});
