import { Console } from 'node:console';
import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { LossCounter } from './loss.ts';
import { drawWaterfall, type WaterfallLog, type WaterfallSpan } from './waterfall.ts';

const MAX_TRACES = 100;
const MAX_SPANS = 1000;
const PATIENCE_MS = 1000;
const MAX_WAITING_BYTES = 1_048_576;

/** What is known of a trace that this process works on. */
type OpenTrace = { readonly spans: WaterfallSpan[]; open: number; timer?: NodeJS.Timeout };

/**
 * Draws each trace on stdout as soon as this process has finished its part of it; a second after its first span of the
 * process ended if others never do. At most 100 traces are open at a time, and 1,000 spans are drawn of each.
 */
export class ConsoleProcessor implements SpanProcessor {
  readonly #traces = new Map<string, OpenTrace>();
  readonly #loss: LossCounter;
  readonly #write: (text: string) => boolean;

  /** @param write takes the text of a trace, and says whether it did */
  constructor(loss: LossCounter, write: (text: string) => boolean = createWriter()) {
    this.#loss = loss;
    this.#write = write;
  }

  /** How many spans have ended and are not drawn yet. */
  get pending(): number {
    let spans = 0;
    for (const trace of this.#traces.values()) spans += trace.spans.length;
    return spans;
  }

  onStart(span: Pick<ReadableSpan, 'spanContext'>): void {
    const { traceId, traceFlags } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) === 0) return;
    this.#traceOf(traceId).open += 1;
  }

  onEnd(span: ReadableSpan): void {
    const { traceId, traceFlags } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) === 0) return;
    const trace = this.#traceOf(traceId);
    trace.open = Math.max(0, trace.open - 1);
    if (trace.spans.length < MAX_SPANS) trace.spans.push(toWaterfall(span));
    else this.#loss.dropped(1);
    if (trace.open === 0) this.#draw(traceId);
    else if (isLocalRoot(span)) trace.timer ??= setTimeout(() => this.#draw(traceId), PATIENCE_MS).unref();
  }

  async forceFlush(): Promise<void> {
    for (const traceId of [...this.#traces.keys()]) this.#draw(traceId);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
  }

  #traceOf(traceId: string): OpenTrace {
    const known = this.#traces.get(traceId);
    if (known !== undefined) return known;
    const [oldest] = this.#traces.keys();
    if (oldest !== undefined && this.#traces.size >= MAX_TRACES) this.#draw(oldest);
    const trace: OpenTrace = { spans: [], open: 0 };
    this.#traces.set(traceId, trace);
    return trace;
  }

  #draw(traceId: string): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    this.#traces.delete(traceId);
    clearTimeout(trace.timer);
    const { spans } = trace;
    if (spans.length === 0) return;
    if (this.#write(drawWaterfall(spans))) this.#loss.exported(spans.length);
    else this.#loss.failed(spans.length, 'stdout is read too slowly');
  }
}

// Errors of stdout, such as a closed pipe, are none of the application's; and a slow reader must not fill the memory.
function createWriter(): (text: string) => boolean {
  const console = new Console({ stdout: process.stdout, ignoreErrors: true });
  return (text) => {
    if (process.stdout.writableLength > MAX_WAITING_BYTES) return false;
    console.log(text);
    return true;
  };
}

function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true;
}

function toWaterfall(span: ReadableSpan): WaterfallSpan {
  const { attributes, status, events } = span;
  const { traceId, spanId } = span.spanContext();
  const code = attributes['http.response.status_code'];
  const failed = status.code === SpanStatusCode.ERROR;
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    service: String(span.resource.attributes['service.name'] ?? 'unknown_service'),
    startMs: milliseconds(span.startTime),
    durationMs: milliseconds(span.duration),
    error: failed ? String(attributes['error.type'] ?? status.message ?? 'error') : undefined,
    status: code === undefined ? undefined : String(code),
    logs: events.map((event): WaterfallLog => {
      const { 'exception.type': type, 'exception.message': message } = event.attributes ?? {};
      const thrown = event.name === 'exception';
      return {
        timeMs: milliseconds(event.time),
        level: thrown ? 'error' : 'event',
        message: thrown ? [type, message].filter((part) => part !== undefined).join(': ') : event.name,
      };
    }),
  };
}

function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1000 + nanoseconds / 1e6;
}
