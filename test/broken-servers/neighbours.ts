import { context, createTraceState, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { exchangeOf } from '@throughline/core/node-http';
import type { BrokenServer } from './server-mutation.ts';

const NAMED = 'the span is named by method and route template, and no parameter value gets in';
const seen = new WeakSet<object>();
const paths = new Map<string, number>();
const lastOf = new WeakMap<object, object>();

/** Adapters that are bad neighbours. */
export const neighbourDefects: readonly BrokenServer[] = [
  {
    defect: 'makes a second span when it is installed twice',
    rejectedBy: 'an adapter that is installed twice makes one span',
    inside(request, _response, next) {
      if (seen.has(request)) trace.getTracer('again').startSpan('GET', { kind: SpanKind.SERVER }, ROOT_CONTEXT).end();
      seen.add(request);
      next();
    },
  },
  {
    defect: 'makes a second span beside that of an instrumentation',
    rejectedBy: 'a SERVER span that an instrumentation has made is enriched, and no second one is made',
    outside: (_request, _response, next) => context.with(ROOT_CONTEXT, next),
  },
  {
    defect: 'makes a span for every middleware',
    rejectedBy: NAMED,
    inside(_request, _response, next) {
      trace.getTracer('middleware').startSpan('middleware').end();
      next();
    },
  },
  {
    defect: 'traces what an ignored request causes',
    rejectedBy: 'an ignored request makes no span, nor do its children, and everything else works',
    inside: (request, _response, next) =>
      request.url?.endsWith('?ignore') ? context.with(ROOT_CONTEXT, next) : next(),
  },
  {
    defect: 'tells others to trace what an ignored request causes',
    rejectedBy: 'an ignored request makes no span, nor do its children, and everything else works',
    inside(request, _response, next) {
      const ids = trace.getSpanContext(context.active());
      if (!request.url?.endsWith('?ignore') || ids === undefined) return next();
      const sampled = { ...ids, traceFlags: TraceFlags.SAMPLED, traceState: createTraceState() };
      context.with(trace.setSpanContext(context.active(), sampled), next);
    },
  },
  {
    defect: 'traces requests that are to be ignored',
    rejectedBy: 'an ignored request makes no span, nor do its children, and everything else works',
    options: ({ ignore: _, ...options }) => options,
  },
  {
    defect: 'cannot do without an SDK',
    rejectedBy: 'without an SDK everything works and nothing is recorded',
    inside(_request, response, next) {
      if (trace.getActiveSpan()?.isRecording() === true) next();
      else response.writeHead(500).end();
    },
  },
  {
    defect: 'answers with an error when the tracer fails',
    rejectedBy: 'a tracer that fails costs the span and not the request',
    inside(request, response, next) {
      if (exchangeOf(request) === undefined) response.writeHead(500).end();
      else next();
    },
  },
  {
    defect: 'keeps the last request of each connection',
    rejectedBy: 'a connection that waits for its next request keeps nothing of the last one',
    inside(request, _response, next) {
      lastOf.set(request.socket, request);
      next();
    },
  },
  {
    defect: 'remembers every path it has seen',
    rejectedBy: 'ten thousand distinct paths leave nothing behind',
    inside(request, _response, next) {
      paths.set(`GET ${request.url}`, paths.size);
      next();
    },
  },
];
