import { SLOW_MS } from '../services/sampling.ts';
import { ENTRANCE, scenarios } from './scenarios.ts';
import type { Answer, LogLine, ShopSpan, Trace } from './trace.ts';
import { judge, silentServices } from './verdict.ts';

/** What the demo knows about its run so far. */
export type Findings = {
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
  /** Of the last 2,000 requests, in milliseconds. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly complete: number;
  /** Of the complete ones, those of requests that neither failed nor took long. */
  readonly ordinary: number;
  /** Requests that neither failed nor took long, and of which no span was kept. */
  readonly dropped: number;
  /** Answered, and not all of the trace has arrived yet. */
  readonly pending: number;
  readonly broken: number;
  /** Traces that belong to none of the requests. */
  readonly stray: number;
  readonly lines: number;
  readonly linesWithoutIds: number;
  /** Services that have a span in a complete trace. */
  readonly services: number;
  /** The first things that went wrong, in words. */
  readonly problems: readonly string[];
  readonly latestSlow: Shown | undefined;
  readonly latestFailed: Shown | undefined;
};

/** A complete trace to show. */
export type Shown = Trace & { readonly answer: Answer };

type Collected = { spans: ShopSpan[]; lines: LogLine[]; changedMs: number };
type Settled = { readonly answer: Answer; readonly trace: Collected; verdict: 'complete' | 'dropped' | 'broken' };

const PATIENCE_MS = 10_000;
const MAX_SETTLED = 500;
const MAX_DURATIONS = 2000;
const MAX_PROBLEMS = 5;

/**
 * Brings together what the load generator, the collector and the log readers saw, and judges every request as soon as
 * its trace is complete, or after ten seconds as it is. What failed or took long must be whole; of the rest, all or
 * nothing. What fails unseen by the client, such as a notification, says so in a log line. Memory is bounded: what is judged is soon forgotten.
 */
export class Audit {
  readonly #collected = new Map<string, Collected>();
  readonly #traceIds = new Map<string, string>();
  readonly #pending = new Set<Answer>();
  readonly #settled = new Map<string, Settled>();
  readonly #services = new Set<string>();
  readonly #durations: number[] = [];
  readonly #problems: string[] = [];
  readonly #counts = {
    requests: 0,
    errors: 0,
    slow: 0,
    complete: 0,
    ordinary: 0,
    dropped: 0,
    broken: 0,
    stray: 0,
    lines: 0,
    linesWithoutIds: 0,
  };
  #latestSlow: Shown | undefined;
  #latestFailed: Shown | undefined;

  /** Takes what the load generator saw of a request. */
  answered(answer: Answer): void {
    const counts = this.#counts;
    this.#durations[counts.requests % MAX_DURATIONS] = answer.durationMs;
    counts.requests += 1;
    if (answer.status === undefined || answer.status >= 500) counts.errors += 1;
    if (answer.durationMs >= SLOW_MS) counts.slow += 1;
    this.#pending.add(answer);
  }

  /** Takes spans from the collector. */
  received(spans: readonly ShopSpan[]): void {
    for (const span of spans) {
      const trace = this.#traceOf(span.traceId);
      trace.spans.push(span);
      if (isEntrance(span)) this.#traceIds.set(span.requestId, span.traceId);
      this.#judgeAgain(span.traceId);
    }
  }

  /** Takes a line that a service wrote while it served requests. */
  logged(line: LogLine): void {
    this.#counts.lines += 1;
    if (line.traceId === undefined || line.spanId === undefined || line.requestId === undefined) {
      this.#counts.linesWithoutIds += 1;
      this.#report(`a log line of ${line.service} lacks ids: ${line.message.slice(0, 100)}`);
    }
    if (line.traceId === undefined) return;
    this.#traceOf(line.traceId).lines.push(line);
    // The lines of a trace that is dropped tell which request they belong to.
    if (line.requestId !== undefined && !this.#traceIds.has(line.requestId) && !this.#settled.has(line.traceId))
      this.#traceIds.set(line.requestId, line.traceId);
    this.#judgeAgain(line.traceId);
  }

  /** Judges the requests whose traces have arrived, and those that have waited for too long: `patienceMs`. */
  settle(patienceMs = PATIENCE_MS, nowMs = Date.now()): void {
    for (const answer of this.#pending) {
      const traceId = this.#traceIds.get(answer.requestId ?? '') ?? '';
      const trace = this.#collected.get(traceId) ?? { spans: [], lines: [], changedMs: nowMs };
      const problems = judge(answer, trace);
      if (problems.length > 0 && nowMs - answer.atMs < patienceMs) continue;
      this.#pending.delete(answer);
      this.#collected.delete(traceId);
      this.#traceIds.delete(answer.requestId ?? '');
      const dropped = trace.spans.length === 0 && answer.requestId !== undefined && !mustBeKept(answer, trace);
      const verdict = problems.length === 0 ? 'complete' : dropped ? 'dropped' : 'broken';
      this.#conclude(traceId, { answer, trace, verdict }, problems);
    }
    for (const [traceId, trace] of this.#collected) {
      if (nowMs - trace.changedMs < 2 * patienceMs) continue;
      this.#collected.delete(traceId);
      const entrance = trace.spans.find(isEntrance);
      if (entrance !== undefined) this.#traceIds.delete(entrance.requestId);
      this.#counts.stray += 1;
      const [first] = [
        ...trace.spans.map((span) => `${span.service} ${span.name}`),
        ...trace.lines.map((l) => l.message),
      ];
      this.#report(`a trace belongs to no request: ${traceId} (${first})`);
    }
  }

  /** How many requests were answered while a part of their work, such as a notification, has not been done yet. */
  unfinished(): number {
    let count = 0;
    for (const { scenario, requestId = '' } of this.#pending) {
      const tree = scenarios.get(scenario)?.tree;
      const { lines } = this.#collected.get(this.#traceIds.get(requestId) ?? '') ?? { lines: [] };
      if (tree !== undefined && silentServices(lines, tree).length > 0) count += 1;
    }
    return count;
  }

  /** What is known by now. */
  findings(): Findings {
    const durations = [...this.#durations].sort((a, b) => a - b);
    const quantile = (share: number): number => durations[Math.ceil(durations.length * share) - 1] ?? 0;
    return {
      ...this.#counts,
      pending: this.#pending.size,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      services: this.#services.size,
      problems: this.#problems,
      latestSlow: this.#latestSlow,
      latestFailed: this.#latestFailed,
    };
  }

  #traceOf(traceId: string): Collected {
    const known = this.#settled.get(traceId)?.trace ?? this.#collected.get(traceId);
    const trace = known ?? { spans: [], lines: [], changedMs: 0 };
    if (known === undefined) this.#collected.set(traceId, trace);
    trace.changedMs = Date.now();
    return trace;
  }

  #conclude(traceId: string, settled: Settled, problems: readonly string[]): void {
    this.#settled.set(traceId, settled);
    const [oldest] = this.#settled.keys();
    if (this.#settled.size > MAX_SETTLED && oldest !== undefined) this.#settled.delete(oldest);
    const { answer, trace, verdict } = settled;
    this.#counts[verdict] += 1;
    if (verdict === 'broken') this.#report(describe(answer, problems));
    if (verdict !== 'complete') return;
    if (!mustBeKept(answer, trace)) this.#counts.ordinary += 1;
    for (const span of trace.spans) this.#services.add(span.service);
    if (answer.durationMs >= SLOW_MS) this.#latestSlow = { answer, ...trace };
    if (hasFailed(answer, trace)) this.#latestFailed = { answer, ...trace };
  }

  // A span or line that comes late may spoil a trace that was complete before.
  #judgeAgain(traceId: string): void {
    const settled = this.#settled.get(traceId);
    if (settled === undefined || settled.verdict === 'broken') return;
    const { answer, trace, verdict } = settled;
    if (verdict === 'dropped' && trace.spans.length === 0 && !mustBeKept(answer, trace)) return;
    const problems = judge(answer, trace);
    if (problems.length === 0 && verdict === 'complete') return;
    this.#counts[verdict] -= 1;
    this.#counts.broken += 1;
    settled.verdict = 'broken';
    this.#report(describe(answer, problems));
  }

  #report(problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }
}

/**
 * Whether a run shows what it set out to show: every request that failed or took long has its whole trace, every other all
 * of it or nothing, and every line has its ids.
 */
export function passed(findings: Findings): boolean {
  const { requests, complete, dropped, broken, stray, linesWithoutIds } = findings;
  return requests > 0 && complete + dropped === requests && broken === 0 && stray === 0 && linesWithoutIds === 0;
}

function mustBeKept(answer: Answer, trace: Trace): boolean {
  const { servedMs = Number.POSITIVE_INFINITY } = answer;
  return hasFailed(answer, trace) || servedMs > SLOW_MS;
}

function hasFailed({ status }: Answer, { lines }: Trace): boolean {
  return status === undefined || status >= 500 || lines.some(({ level }) => level === 'error');
}

function isEntrance(span: ShopSpan): span is ShopSpan & { requestId: string } {
  return span.service === ENTRANCE && span.parentSpanId === undefined && span.requestId !== undefined;
}

function describe({ scenario, requestId }: Answer, [first, ...others]: readonly string[]): string {
  return `${scenario} ${requestId}: ${first}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}
