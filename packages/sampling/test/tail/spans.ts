import { type Attributes, createTraceState, type SpanContext, SpanKind, TraceFlags } from '@opentelemetry/api';
import {
  type HeldSpan,
  type KeepOptions,
  readKeepOptions,
  type SpanAccess,
  TailHold,
  TraceId,
} from '@throughline/sampling';

/** A span as a hold sees it. */
export type TestSpan = HeldSpan & {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
  status: { code: number };
  durationMs: number;
};

/** What a span of a test is like; by default a request that began a trace in another service, not sampled there. */
export type SpanLook = {
  name?: string;
  kind?: SpanKind;
  trace?: number;
  /** The parent, in this process; `null` for the first of its trace, and one in another process unless given. */
  parent?: TestSpan | null;
  sampled?: boolean;
  state?: string;
};

/** Every test span is said to take this much memory. */
export const SPAN_BYTES = 1000;

let spanIds = 0;

export function traceId(trace: number): string {
  return trace.toString(16).padStart(32, 'f0000000000000000000000000000000');
}

export function makeSpan({
  name = 'GET',
  kind = SpanKind.SERVER,
  trace = 1,
  parent,
  sampled = false,
  state,
}: SpanLook = {}): TestSpan {
  const ids = { traceId: traceId(trace), spanId: (++spanIds).toString(16).padStart(16, '0') };
  const spanContext: SpanContext = { ...ids, traceFlags: sampled ? 1 : 0 };
  const inherited = state ?? parent?.spanContext().traceState?.serialize();
  if (inherited !== undefined) spanContext.traceState = createTraceState(inherited);
  const remote = { traceId: ids.traceId, spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true };
  const parentContext = parent === undefined ? remote : parent?.spanContext();
  return {
    name,
    kind,
    attributes: {},
    status: { code: 0 },
    durationMs: 5,
    spanContext: () => spanContext,
    ...(parentContext !== undefined && { parentSpanContext: parentContext }),
  };
}

/** How the ids of any span are read. */
export const readsIds = {
  traceId: (span: HeldSpan) => new TraceId(span.spanContext().traceId),
  isSampled: (span: HeldSpan) => (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0,
};

const access: SpanAccess<TestSpan> = {
  attribute: (span, name) => span.attributes[name],
  outcome: ({ attributes }) => ({
    statusCode: attributes['http.response.status_code'],
    errorType: attributes['error.type'],
  }),
  mark(span, name, value) {
    span.attributes[name] = value;
  },
  durationMs: ({ durationMs }) => durationMs,
  bytes: () => SPAN_BYTES,
  ...readsIds,
};

/** A hold, and what comes out of it. */
export function createHold(options: KeepOptions = {}, memoryUse: () => number = () => 0) {
  const announced: TestSpan[] = [];
  const out: TestSpan[] = [];
  const hold = new TailHold<TestSpan>({ ...readKeepOptions(options), memoryUse }, access, {
    onStart: (span) => void announced.push(span),
    onEnd: (span) => void out.push(span),
  });
  return {
    hold,
    announced,
    out,
    /** The names of the spans that came out. */
    names: () => out.map(({ name }) => name),
    start(look?: SpanLook): TestSpan {
      const span = makeSpan(look);
      hold.onStart(span);
      return span;
    },
    end(span: TestSpan, outcome: { error?: boolean; attributes?: Attributes; ms?: number } = {}): void {
      if (outcome.error === true) span.status = { code: 2 };
      Object.assign(span.attributes, outcome.attributes);
      if (outcome.ms !== undefined) span.durationMs = outcome.ms;
      hold.onEnd(span);
    },
  };
}

/** What a span that came out says of itself. */
export function look(span: TestSpan | undefined) {
  return {
    flag: span?.spanContext().traceFlags,
    state: span?.spanContext().traceState?.serialize(),
    reason: span?.attributes['sampling.reason'],
  };
}
