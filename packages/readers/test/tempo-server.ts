import { encodeOtlpProtobuf, groupByTrace, type Span } from '@throughline/analysis';
import { matcherOf } from '../../viewer/src/query/matcher.ts';
import { parseQuery } from '../../viewer/src/query/parse-query.ts';
import { spansSource } from '../src/index.ts';
import { answerJson, startServer } from './test-server.ts';

/** A server that takes and answers what Tempo's query frontend does, as its API documentation and `pkg/api/http.go` say. */
export function startTempo(spans: readonly Span[]) {
  const source = spansSource(spans);
  return startServer(async (request, response, { pathname, searchParams }) => {
    const [start, end] = [secondsOf('start'), secondsOf('end')];
    const inTime = spans.filter(({ startUnixNano }) => {
      const seconds = Number(startUnixNano) / 1e9;
      return seconds >= start && seconds <= end;
    });
    const [, id] = /^\/api\/traces\/([\da-f]{1,32})$/.exec(pathname) ?? [];
    const [, tag] = /^\/api\/v2\/search\/tag\/([\w.]+)\/values$/.exec(pathname) ?? [];
    try {
      if (id !== undefined) {
        const found = await source.getTrace(id);
        if (request.headers.accept !== 'application/protobuf') throw new Error('this test reads protobuf');
        if (found === undefined) return response.writeHead(404).end('trace not found');
        return response.writeHead(200, { 'content-type': 'application/protobuf' }).end(encodeOtlpProtobuf(found));
      }
      if (tag === 'resource.service.name' || tag === 'name') {
        const values = matching(inTime).map((span) => (tag === 'name' ? span.name : span.resource.service));
        return answerJson(response, { tagValues: [...new Set(values)].map((value) => ({ type: 'string', value })) });
      }
      if (pathname !== '/api/search') return response.writeHead(404).end('404 page not found');
      if (end <= start) throw new Error('http parameter start must be before end');
      const limit = Number(searchParams.get('limit'));
      if (!(limit > 0)) throw new Error('invalid limit: must be a positive number');
      const ids = [...groupByTrace(matching(inTime)).keys()].slice(0, limit);
      const summaries = (await source.findTraces({ limit: 1000 })).filter(({ traceId }) => ids.includes(traceId));
      answerJson(response, {
        traces: summaries.map(({ traceId, rootService, rootName, startUnixNano, duration, services, errorCount }) => ({
          traceID: traceId.replace(/^0+/, ''),
          rootServiceName: rootService,
          rootTraceName: rootName,
          startTimeUnixNano: `${startUnixNano}`,
          durationMs: Math.floor(duration / 1e6),
          serviceStats: Object.fromEntries(
            services.map(({ name, spanCount }, at) => [
              name,
              { spanCount, ...(at === 0 && errorCount ? { errorCount } : {}) },
            ]),
          ),
        })),
        metrics: {},
      });
    } catch (error) {
      response.writeHead(400).end((error as Error).message);
    }

    function matching(of: readonly Span[]): readonly Span[] {
      const query = searchParams.get('q');
      if (query === null) return of;
      const filter = parseQuery(query);
      if (filter.is !== 'span') throw new Error('this test reads one set of spans');
      const matches = matcherOf(filter.filter);
      return of.filter((span) => matches(span, { duration: 0, rootName: '', rootService: '' }));
    }

    function secondsOf(name: string): number {
      const text = searchParams.get(name) ?? (name === 'start' ? '0' : '4294967295');
      if (!/^\d{1,10}$/.test(text)) throw new Error(`invalid ${name}`);
      return Number(text);
    }
  });
}
