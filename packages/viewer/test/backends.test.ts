import { randomBytes } from 'node:crypto';
import { encodeZipkinJson, type Span } from '@throughline/analysis';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { LAYOUTS } from '../../readers/test/clickhouse-tables.ts';
import { type Release, startJaeger } from '../../readers/test/jaeger-server.ts';
import { startTempo } from '../../readers/test/tempo-server.ts';
import type { DependenciesAnswer, SearchAnswer, StatisticsAnswer } from '../src/api/messages.ts';
import { throughline } from '../src/cli/throughline.ts';
import { startViewer } from '../src/index.ts';
import { span } from './spans.ts';
import { traceOf } from './viewer-under-test.ts';

// Past what one machine holds, the viewer and the command line show what is in a backend. Here they show the same trace of
// each: a request of a shop that waits for its payment, which fails. Names are this run's own, as servers may be shared.
const run = randomBytes(4).toString('hex');
const [WEB, PAYMENT] = [`web-${run}`, `payment-${run}`];
const spans = checkout();
const traceId = spans[0]?.traceId ?? '';

function checkout(): Span[] {
  const start = BigInt(Date.now() - 600_000) * 1_000_000n;
  const id = randomBytes(16).toString('hex');
  const part = (parent: Span | undefined, service: string, from: number, to: number, fields: Partial<Span>): Span =>
    span({
      traceId: id,
      spanId: randomBytes(8).toString('hex'),
      ...(parent !== undefined && { parentSpanId: parent.spanId }),
      startUnixNano: start + BigInt(from * 1e6),
      endUnixNano: start + BigInt(to * 1e6),
      resource: { service, attributes: { 'service.name': service } },
      ...fields,
    });
  const root = part(undefined, WEB, 0, 100, { name: 'post /checkout' });
  const call = part(root, WEB, 10, 90, { name: 'post', kind: 'client' });
  const pay = part(call, PAYMENT, 12, 88, { name: 'post /pay', status: 'error' });
  return [root, call, pay, part(root, WEB, 92, 96, { name: 'render', kind: 'internal' })];
}

/** Looks at the trace of the shop by all ways there are. */
function looksAt(source: () => string | Promise<string>, graph: 'calls' | 'links' = 'calls'): void {
  it('is shown by the viewer: list, trace, critical path, statistics and map', async () => {
    const viewer = await startViewer({ port: 0, source: await source() });
    onTestFinished(() => viewer.close());
    const ask = async <T>(path: string): Promise<T> => {
      const response = await fetch(`${viewer.url}/api/viewer/${path}`);
      const text = await response.text();
      expect(response.status, text).toBe(200);
      return JSON.parse(text);
    };
    const query = encodeURIComponent(`service = "${PAYMENT}" AND status = error`);
    const { traces } = await ask<SearchAnswer>(`traces?query=${query}`);
    expect(traces).toMatchObject([
      { traceId, rootService: WEB, rootName: 'post /checkout', spanCount: 4, errorCount: 1, matchCount: 1 },
    ]);
    const columns = await traceOf(viewer.url, traceId);
    expect(spans.map(({ spanId }) => columns.spanIds.indexOf(spanId))).toEqual([0, 1, 2, 3]);
    const { span: path, start, end } = columns.criticalPath;
    expect(new Set(path)).toEqual(new Set([0, 1, 2, 3]));
    expect(path.reduce((sum, _, at) => sum + (end[at] ?? 0) - (start[at] ?? 0), 0)).toBe(100e6);
    const { operations } = await ask<StatisticsAnswer>(`statistics?query=${query}`);
    expect(operations).toMatchObject([{ service: PAYMENT, name: 'post /pay', calls: 1, errors: 1 }]);
    const { nodes, edges } = await ask<DependenciesAnswer>('dependencies');
    const named = edges.map(({ from, to, calls, errors }) => [nodes[from]?.name, nodes[to]?.name, calls, errors]);
    expect(named).toContainEqual([WEB, PAYMENT, 1, 1]);
  });

  it('is told by the command line: find, show, critical-path, bottlenecks and deps', async () => {
    const address = await source();
    const json = async (...args: string[]) => {
      const written = { out: '', error: '' };
      const code = await throughline([...args, '-s', address, '--json'], {
        out: (text) => {
          written.out += text;
        },
        error: (text) => {
          written.error += text;
        },
        columns: 100,
        isTerminal: false,
        env: {},
      });
      expect([code, written.error]).toEqual([0, '']);
      return JSON.parse(written.out);
    };
    expect(await json('find', '--service', PAYMENT, '--error')).toMatchObject([{ traceId, rootService: WEB }]);
    expect(JSON.stringify(await json('show', traceId))).toContain('post /pay');
    const path = await json('critical-path', traceId);
    expect(path).toMatchObject({ duration: 100e6, root: { name: 'post /checkout' } });
    expect(path.segments.map(({ name }: { name: string }) => name)).toContain('post /pay');
    expect(JSON.stringify(await json('bottlenecks', traceId))).toContain('post /pay');
    const { edges } = await json('deps');
    const [from, to] = graph === 'links' ? ['web', 'payment'] : [WEB, PAYMENT];
    expect(edges).toContainEqual(
      expect.objectContaining({
        from: expect.objectContaining({ name: from }),
        to: expect.objectContaining({ name: to }),
      }),
    );
  });
}

describe.each<Release>(['1.20', '2.10', '2.20'])('a trace in Jaeger %s', (release) => {
  // Its links are those of a job of its own.
  looksAt(async () => `jaeger+${(await startJaeger(spans, release)).url}`, 'links');
});

describe('a trace in Tempo', () => {
  looksAt(async () => `tempo+${(await startTempo(spans)).url}`);
});

describeWithService('zipkin', 'a trace in a Zipkin server', (url) => {
  beforeAll(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(encodeZipkinJson(spans));
    const sent = await fetch(`${url}/api/v2/spans`, { method: 'POST', headers, body });
    expect(sent.status, await sent.text()).toBe(202);
    // Zipkin acknowledges before it stores.
    await vi.waitFor(async () => {
      expect(await (await fetch(`${url}/api/v2/trace/${traceId}`)).json()).toHaveLength(4);
    }, 30_000);
  });
  looksAt(() => `zipkin+${url}`);
});

describeWithService('clickhouse', 'a trace in ClickHouse', (url) => {
  describe.each(LAYOUTS)('with the tables of $title', ({ table, create, row }) => {
    const database = `viewer_${randomBytes(6).toString('hex')}`;
    const send = async (sql: string) => {
      const answer = await fetch(url, { method: 'POST', body: sql });
      expect(answer.status, await answer.text()).toBe(200);
    };
    beforeAll(async () => {
      await send(`CREATE DATABASE ${database}`);
      for (const sql of create(database)) await send(sql);
      const rows = spans.map((each) => JSON.stringify(row(each))).join('\n');
      await send(`INSERT INTO ${database}.${table} FORMAT JSONEachRow\n${rows}`);
      return () => send(`DROP DATABASE ${database}`);
    });
    looksAt(() => `clickhouse+${url}/${database}`);
  });
});
