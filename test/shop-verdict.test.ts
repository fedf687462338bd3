import { describe, expect, it } from 'vitest';
import { Audit, passed } from '../examples/shop/src/demo/audit.ts';
import { checkout, type ExpectedSpan, search } from '../examples/shop/src/demo/scenarios.ts';
import type { Answer, LogLine, ShopSpan } from '../examples/shop/src/demo/trace.ts';
import { judge } from '../examples/shop/src/demo/verdict.ts';

const TRACE_ID = 'a'.repeat(32);

describe('the verdict on one request', () => {
  it('finds nothing wrong with a complete trace', () => {
    expect(judge(answer(), { spans: spansOf(checkout.tree), lines: linesFor(checkout.tree) })).toEqual([]);
  });

  it('finds nothing wrong with a failed payment whose services say so', () => {
    const spans = spansOf(checkout.tree, '502', ['gateway', 'checkout', 'payment']);
    expect(judge(answer({ status: 502 }), { spans, lines: linesFor(checkout.tree) })).toEqual([]);
  });

  it('names a span that is missing', () => {
    const spans = spansOf(checkout.tree).filter((span) => span.name !== 'charge card');
    expect(problems({ spans })).toEqual([
      expect.stringMatching(/^missing: gateway SERVER .* payment INTERNAL charge card$/),
    ]);
  });

  it('names a missing parent', () => {
    const spans = spansOf(checkout.tree).filter((span) => span.name !== 'POST /payments');
    expect(problems({ spans })).toContain('the parent of payment INTERNAL check fraud is missing');
  });

  it('rejects a span that is there twice', () => {
    const spans = spansOf(checkout.tree);
    const twice = { ...(spans.at(-1) as ShopSpan), spanId: 'f'.repeat(16) };
    expect(problems({ spans: [...spans, twice] })).toEqual([expect.stringMatching(/^not expected: /)]);
  });

  it('rejects a second root', () => {
    const spans = change(spansOf(checkout.tree), 'POST /orders', { parentSpanId: undefined });
    expect(problems({ spans })).toContain('2 spans without a parent');
  });

  it('rejects a span under the wrong parent, also if the right one looks the same', () => {
    const spans = spansOf(checkout.tree);
    const inventory = spans.find((span) => span.name === 'POST /products/:id/reservations') as ShopSpan;
    const moved = change(spans, 'POST /payments', { parentSpanId: inventory.parentSpanId });
    expect(problems({ spans: moved })).toEqual(['a span is below the wrong one of two equal calls']);
  });

  it('survives spans that are their own ancestors', () => {
    const spans = spansOf(checkout.tree);
    const [root, child] = spans as [ShopSpan, ShopSpan];
    const circle = [{ ...root, parentSpanId: child.spanId }, ...spans.slice(1)];
    expect(problems({ spans: circle })).toContain('0 spans without a parent');
  });

  it('rejects a SERVER span with another request id', () => {
    const spans = change(spansOf(checkout.tree), 'POST /orders', { requestId: 'other' });
    expect(problems({ spans })).toEqual([
      'checkout SERVER POST /orders has the request id other, the client saw req-1',
    ]);
  });

  it('rejects an error where the client saw success, and success where it saw an error', () => {
    const failed = spansOf(checkout.tree, '201', ['payment']);
    expect(problems({ spans: failed })).toEqual(['SERVER spans with an error: payment, expected none']);
    const fine = spansOf(checkout.tree, '502');
    expect(judge(answer({ status: 502 }), { spans: fine, lines: linesFor(checkout.tree) })).toEqual([
      'SERVER spans with an error: none, expected checkout, gateway, payment',
    ]);
  });

  it('rejects a root whose status is not what the client saw', () => {
    expect(problems({ spans: spansOf(checkout.tree, '200') })).toEqual([
      'the root says status 200, the client saw 201',
    ]);
  });

  it('rejects a status that the shop never sends', () => {
    const spans = spansOf(checkout.tree, '404');
    expect(judge(answer({ status: 404 }), { spans, lines: linesFor(checkout.tree) })).toEqual([
      'unexpected status 404',
    ]);
  });

  it('rejects a request without an answer, a request id or a trace', () => {
    const nothing = { spans: [], lines: [] };
    expect(judge(answer({ status: undefined, failure: 'ECONNREFUSED' }), nothing)).toEqual(['no answer: ECONNREFUSED']);
    expect(judge(answer({ requestId: undefined }), nothing)).toEqual(['the response has no x-request-id']);
    expect(judge(answer(), nothing)).toEqual(['no trace has the request id req-1']);
  });

  it('expects of a search what the cache leaves to be done', () => {
    const hit = search.cachedTree as ExpectedSpan;
    const of = (tree: ExpectedSpan, cached: boolean): string[] =>
      judge(answer({ scenario: 'search', status: 200, cached }), {
        spans: spansOf(tree, '200'),
        lines: linesFor(tree),
      });
    expect(of(search.tree, false)).toEqual([]);
    expect(of(hit, true)).toEqual([]);
    expect(of(hit, false)).toEqual([expect.stringMatching(/^missing: .*SELECT product$/), expect.anything()]);
    expect(of(search.tree, true)).toEqual([
      expect.stringMatching(/^not expected: .*SELECT product$/),
      expect.anything(),
    ]);
  });

  it('lets a query have waited for a connection, and nothing be below that', () => {
    const spans = spansOf(checkout.tree);
    const handler = spans.find((span) => span.kind === 'CONSUMER') as ShopSpan;
    const wait = { ...handler, kind: 'INTERNAL', name: 'pool.connect', parentSpanId: handler.spanId } as const;
    expect(problems({ spans: [...spans, { ...wait, spanId: 'e'.repeat(16) }] })).toEqual([]);
    const above = change(spans, 'send mail', { parentSpanId: 'e'.repeat(16) });
    expect(problems({ spans: [...above, { ...wait, spanId: 'e'.repeat(16) }] })).not.toEqual([]);
  });

  it('finds nothing wrong with a notification that failed and says so', () => {
    const spans = spansOf(checkout.tree, '201', ['notification']);
    expect(problems({ spans, lines: failedNotification() })).toEqual([]);
    expect(problems({ spans })).toEqual([
      'notification CONSUMER process notifications has an error, its lines say otherwise',
    ]);
    expect(problems({ lines: failedNotification() })).toEqual([
      'notification CONSUMER process notifications has no error, its lines say otherwise',
    ]);
  });

  it('rejects a service that logged nothing', () => {
    const lines = linesFor(checkout.tree).filter((line) => line.service !== 'inventory');
    expect(problems({ lines })).toEqual(['no log line of inventory']);
  });

  it('rejects a line of another request, of another service, and of no span', () => {
    const [line, ...others] = linesFor(checkout.tree) as [LogLine, ...LogLine[]];
    const text = `the line "${line.message}" of gateway`;
    expect(problems({ lines: [{ ...line, requestId: 'other' }, ...others] })).toEqual([
      `${text} has the request id other`,
    ]);
    expect(problems({ lines: [line, { ...line, spanId: 'nowhere' }, ...others] })).toEqual([
      `${text} belongs to no span`,
    ]);
    const payment = others.find((other) => other.service === 'payment') as LogLine;
    expect(problems({ lines: [line, { ...line, spanId: payment.spanId }, ...others] })).toEqual([
      `${text} belongs to a span of payment`,
    ]);
  });
});

describe('the audit of a run', () => {
  it('passes when every request has its whole trace', () => {
    const audit = auditOf({});
    audit.settle();
    expect(audit.findings()).toMatchObject({ requests: 1, complete: 1, pending: 0, broken: 0, stray: 0, services: 5 });
    expect(passed(audit.findings())).toBe(true);
  });

  it('does not pass when nothing was sent', () => {
    expect(passed(new Audit().findings())).toBe(false);
  });

  it('waits for the rest of a trace, and no longer than its patience', () => {
    const audit = auditOf({ spans: spansOf(checkout.tree).slice(0, 3) });
    audit.settle();
    expect(audit.findings()).toMatchObject({ complete: 0, pending: 1, broken: 0 });
    audit.received(spansOf(checkout.tree).slice(3));
    audit.settle();
    expect(audit.findings()).toMatchObject({ complete: 1, pending: 0, broken: 0 });

    const late = auditOf({ spans: spansOf(checkout.tree).slice(0, 3) });
    late.settle(10_000, Date.now() + 11_000);
    expect(late.findings()).toMatchObject({ complete: 0, pending: 0, broken: 1 });
    expect(passed(late.findings())).toBe(false);
  });

  it('does not pass when a service starts a trace of its own, although its request id is right', () => {
    const [orders, ...others] = (checkout.tree.children[0] as ExpectedSpan).children;
    expect(others).toEqual([]);
    const below = new Set(spansOf(orders as ExpectedSpan).map((span) => span.name));
    const spans = spansOf(checkout.tree).map((span) =>
      span.service !== 'gateway' && below.has(span.name)
        ? { ...span, traceId: 'b'.repeat(32), ...(span.name === 'POST /orders' && { parentSpanId: undefined }) }
        : span,
    );
    const audit = auditOf({ spans });
    audit.settle(0);
    expect(audit.findings()).toMatchObject({ complete: 0, broken: 1, stray: 1 });
    expect(passed(audit.findings())).toBe(false);
  });

  it.each(['traceId', 'spanId', 'requestId'] as const)('does not pass when a line lacks its %s', (id) => {
    const lines = linesFor(checkout.tree);
    const bare = { ...(lines[0] as LogLine), [id]: undefined };
    const audit = auditOf({ lines: [...lines, bare] });
    audit.settle(0);
    expect(audit.findings().linesWithoutIds).toBe(1);
    expect(passed(audit.findings())).toBe(false);
  });

  it('takes back its judgement when a span comes late that should not be there', () => {
    const audit = auditOf({});
    audit.settle();
    expect(passed(audit.findings())).toBe(true);
    audit.received([{ ...(spansOf(checkout.tree)[1] as ShopSpan), spanId: 'f'.repeat(16) }]);
    expect(audit.findings()).toMatchObject({ complete: 0, broken: 1 });
    expect(passed(audit.findings())).toBe(false);
  });

  it('does not pass when two requests got the same id', () => {
    const audit = auditOf({});
    audit.answered(answer({ status: 502 }));
    audit.settle(0);
    expect(passed(audit.findings())).toBe(false);
  });

  it('does not pass when a trace belongs to no request', () => {
    const audit = auditOf({});
    audit.received(
      spansOf(search.tree, '200').map((span) => ({ ...span, traceId: 'c'.repeat(32), requestId: 'req-2' })),
    );
    audit.settle(0);
    expect(audit.findings()).toMatchObject({ complete: 1, stray: 1 });
    expect(passed(audit.findings())).toBe(false);
  });

  it('passes when nothing is left of a request that went well and fast', () => {
    const audit = auditOf({ spans: [] });
    audit.settle();
    expect(audit.findings()).toMatchObject({ complete: 0, dropped: 0, pending: 1 });
    audit.settle(0);
    expect(audit.findings()).toMatchObject({ complete: 0, dropped: 1, pending: 0, broken: 0, stray: 0 });
    audit.settle(0, Date.now() + 60_000);
    expect(passed(audit.findings())).toBe(true);
  });

  it.each([
    ['does not say how long it took', answer({ servedMs: undefined })],
    ['failed', answer({ status: 502 })],
    ['took long', answer({ servedMs: 201 })],
    ['got no answer', answer({ status: undefined, failure: 'ECONNRESET' })],
  ])('does not pass when nothing is left of a request that %s', (_what, seen) => {
    const audit = auditOf({ spans: [], answer: seen });
    audit.settle(0);
    expect(audit.findings()).toMatchObject({ dropped: 0, broken: 1 });
    expect(passed(audit.findings())).toBe(false);
  });

  it('does not pass when nothing is left of a notification that failed, whenever it says so', () => {
    const [line, ...others] = failedNotification().reverse() as [LogLine, ...LogLine[]];
    const early = auditOf({ spans: [], lines: [line, ...others] });
    early.settle(0);
    expect(early.findings()).toMatchObject({ dropped: 0, broken: 1 });
    const late = auditOf({ spans: [], lines: others });
    late.settle(0);
    expect(late.findings()).toMatchObject({ dropped: 1, broken: 0 });
    late.logged(line);
    expect(late.findings()).toMatchObject({ dropped: 0, broken: 1 });
    expect(passed(late.findings())).toBe(false);
  });

  it('knows of notifications that are not sent yet', () => {
    const audit = auditOf({
      spans: [],
      lines: linesFor(checkout.tree).filter(({ service }) => service !== 'notification'),
    });
    expect(audit.unfinished()).toBe(1);
    for (const line of linesFor(checkout.tree)) audit.logged(line);
    expect(audit.unfinished()).toBe(0);
  });

  it('does not pass when a part of a dropped trace comes after all', () => {
    const audit = auditOf({ spans: [] });
    audit.settle(0);
    audit.received(spansOf(checkout.tree).slice(2));
    expect(audit.findings()).toMatchObject({ dropped: 0, broken: 1 });
    expect(passed(audit.findings())).toBe(false);
  });

  it('does not pass when the lines of a dropped trace are those of two traces', () => {
    const lines = linesFor(checkout.tree);
    const audit = auditOf({ spans: [], lines: [...lines, { ...(lines[1] as LogLine), traceId: 'b'.repeat(32) }] });
    audit.settle(0, Date.now() + 60_000);
    expect(audit.findings()).toMatchObject({ dropped: 1, stray: 1 });
    expect(passed(audit.findings())).toBe(false);
  });

  it('keeps the latest slow and the latest failed trace', () => {
    const spans = spansOf(checkout.tree, '502', ['gateway', 'checkout', 'payment']);
    const audit = auditOf({ spans, answer: answer({ status: 502, durationMs: 900 }) });
    audit.settle();
    expect(audit.findings()).toMatchObject({ errors: 1, slow: 1, p50Ms: 900, p95Ms: 900 });
    expect(audit.findings().latestSlow?.spans).toHaveLength(spans.length);
    expect(audit.findings().latestFailed?.lines).toHaveLength(5);
  });
});

function problems(changed: { spans?: ShopSpan[]; lines?: LogLine[] }): string[] {
  return judge(answer(), { spans: spansOf(checkout.tree), lines: linesFor(checkout.tree), ...changed });
}

function auditOf(seen: { spans?: ShopSpan[]; lines?: LogLine[]; answer?: Answer }): Audit {
  const audit = new Audit();
  for (const line of seen.lines ?? linesFor(checkout.tree)) audit.logged(line);
  audit.received(seen.spans ?? spansOf(checkout.tree));
  audit.answered(seen.answer ?? answer());
  return audit;
}

function answer(changed: Partial<Answer> = {}): Answer {
  const seen = {
    scenario: 'checkout',
    status: 201,
    requestId: 'req-1',
    durationMs: 12,
    servedMs: 11,
    atMs: Date.now(),
  };
  return { ...seen, ...changed };
}

function spansOf(tree: ExpectedSpan, status = '201', failing: readonly string[] = []): ShopSpan[] {
  const spans: ShopSpan[] = [];
  const add = ({ service, kind, name, children }: ExpectedSpan, parentSpanId: string | undefined): void => {
    const spanId = spans.length.toString(16).padStart(16, '0');
    const isServer = kind === 'SERVER';
    spans.push({
      traceId: TRACE_ID,
      spanId,
      parentSpanId,
      name,
      service,
      kind,
      startMs: 1000 + spans.length,
      durationMs: 10,
      status: isServer ? status : undefined,
      requestId: isServer || kind === 'CONSUMER' ? 'req-1' : undefined,
      error: (isServer || kind === 'CONSUMER') && failing.includes(service) ? 'Error' : undefined,
    });
    for (const child of children) add(child, spanId);
  };
  add(tree, undefined);
  return spans;
}

function linesFor(tree: ExpectedSpan): LogLine[] {
  return spansOf(tree)
    .filter((span) => span.kind === 'SERVER' || span.kind === 'CONSUMER')
    .map(({ service, traceId, spanId, requestId }) => ({
      service,
      timeMs: 1005,
      level: 'info',
      message: `${service} did its part`,
      traceId,
      spanId,
      requestId,
    }));
}

function failedNotification(): LogLine[] {
  return linesFor(checkout.tree).map((line) => (line.service === 'notification' ? { ...line, level: 'error' } : line));
}

function change(spans: readonly ShopSpan[], name: string, changed: Partial<ShopSpan>): ShopSpan[] {
  return spans.map((span) => (span.name === name ? { ...span, ...changed } : span));
}
