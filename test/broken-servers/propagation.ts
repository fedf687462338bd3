import { context, propagation, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import type { BrokenServer } from './server-mutation.ts';

const CONTINUED = 'an inbound trace is continued and its baggage is readable';

/** Adapters that are wrong about propagation and trust. */
export const propagationDefects: readonly BrokenServer[] = [
  {
    defect: 'starts a trace of its own for every request',
    rejectedBy: CONTINUED,
    start: (started) => {
      started.parent = ROOT_CONTEXT;
    },
  },
  {
    defect: 'loses baggage',
    rejectedBy: CONTINUED,
    inside: (_request, _response, next) => context.with(propagation.deleteBaggage(context.active()), next),
  },
  {
    defect: 'samples what the caller did not',
    rejectedBy: 'an inbound trace that is not sampled stays so, and handlers still know its id',
    start(started) {
      const remote = trace.getSpanContext(started.parent);
      if (remote !== undefined) {
        started.parent = trace.setSpanContext(started.parent, { ...remote, traceFlags: TraceFlags.SAMPLED });
      }
    },
  },
  {
    defect: 'reads a trace context wherever it finds one',
    rejectedBy: 'a malformed trace context starts a new trace',
    outside(request, _response, next) {
      request.headers.traceparent = String(request.headers.traceparent).split(', ')[0];
      next();
    },
  },
  {
    defect: 'continues the trace of strangers',
    rejectedBy: 'a request that is not trusted starts a new trace and its baggage is dropped',
    options: ({ trust: _, ...options }) => options,
  },
  {
    defect: 'takes baggage from strangers',
    rejectedBy: 'a request that is not trusted starts a new trace and its baggage is dropped',
    inside(request, _response, next) {
      const baggage = propagation.getBaggage(propagation.extract(ROOT_CONTEXT, request.headers));
      context.with(baggage === undefined ? context.active() : propagation.setBaggage(context.active(), baggage), next);
    },
  },
  {
    defect: 'makes no link to a trace that it does not continue',
    rejectedBy: 'a request that is trusted only so far starts a new trace that links to its own',
    start: ({ options }) => {
      options.links = [];
    },
  },
  {
    defect: 'trusts a request when it cannot decide',
    rejectedBy: 'a trust decision that throws counts as a stranger',
    options: (options) => ({ ...options, trust: () => 'continue' }),
  },
];
