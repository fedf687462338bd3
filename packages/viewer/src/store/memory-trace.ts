import type { LogRecord, Span } from '@throughline/analysis';
import type { FoundTrace } from '../api/messages.ts';
import { countService, isBetterRoot, type ServiceCount } from './trace-part.ts';

/** What the objects of a span take beside its text, roughly. */
const OVERHEAD = 600;

/** A trace while its spans come in, with what a list shows of it. */
export class MemoryTrace {
  readonly traceId: string;
  readonly run: number;
  readonly spans: Span[] = [];
  readonly logs: LogRecord[] = [];
  readonly services = new Map<string, ServiceCount>();
  errorCount = 0;
  bytes = 0;
  startUnixNano = 0n;
  endUnixNano = 0n;
  #root: Span | undefined;

  constructor(traceId: string, run: number) {
    this.traceId = traceId;
    this.run = run;
  }

  /** Returns how much the trace has grown. */
  addSpan(span: Span, size: number): number {
    if (this.spans.length === 0 || span.startUnixNano < this.startUnixNano) this.startUnixNano = span.startUnixNano;
    if (span.endUnixNano > this.endUnixNano) this.endUnixNano = span.endUnixNano;
    if (span.status === 'error') this.errorCount += 1;
    countService(this.services, span);
    if (this.#root === undefined || isBetterRoot(span, this.#root)) this.#root = span;
    this.spans.push(span);
    this.bytes += size + OVERHEAD;
    return size + OVERHEAD;
  }

  /** Returns how much the trace has grown. */
  addLog(log: LogRecord, size: number): number {
    this.logs.push(log);
    this.bytes += size + OVERHEAD;
    return size + OVERHEAD;
  }

  /** Nanoseconds. */
  get duration(): number {
    return this.endUnixNano > this.startUnixNano ? Number(this.endUnixNano - this.startUnixNano) : 0;
  }

  get rootName(): string {
    return this.#root?.name ?? '';
  }

  get rootService(): string {
    return this.#root?.resource.service ?? '';
  }

  summary(matchCount: number): FoundTrace {
    return {
      traceId: this.traceId,
      rootService: this.rootService,
      rootName: this.rootName,
      startUnixNano: `${this.startUnixNano}`,
      duration: this.duration,
      spanCount: this.spans.length,
      errorCount: this.errorCount,
      matchCount,
      services: Array.from(this.services, ([name, { spans, errors }]) => ({
        name,
        spanCount: spans,
        errorCount: errors,
      })).sort((a, b) => (a.name < b.name ? -1 : 1)),
      run: this.run,
    };
  }
}
