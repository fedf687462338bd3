import type { LogLine, ShopSpan } from './trace.ts';

const MAX_TRACES = 2000;
const SEVERITIES: Readonly<Record<string, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

/** What became of the spans. */
export type FeedOutcome = { readonly sent: number; readonly received: number };

/**
 * Hands on to the viewer what the demo sees: the spans as they come, and the log lines of those traces that spans came of; the
 * lines of the others are soon forgotten.
 */
export class ViewerFeed {
  readonly #url: string;
  readonly #underWay = new Set<Promise<void>>();
  readonly #lines = new Map<string, LogLine[]>();
  readonly #kept = new Set<string>();
  #spans = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Takes a request that brought spans. */
  received(body: string, spans: readonly ShopSpan[]): void {
    this.#spans += spans.length;
    this.#send('/v1/traces', body);
    for (const traceId of new Set(spans.map((span) => span.traceId))) {
      remember(this.#kept, traceId);
      this.#sendLines(this.#lines.get(traceId) ?? []);
      this.#lines.delete(traceId);
    }
  }

  logged(line: LogLine): void {
    const { traceId } = line;
    if (traceId === undefined) return;
    if (this.#kept.has(traceId)) {
      this.#sendLines([line]);
      return;
    }
    const lines = this.#lines.get(traceId);
    if (lines !== undefined) lines.push(line);
    else this.#lines.set(traceId, [line]);
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > MAX_TRACES && oldest !== undefined) this.#lines.delete(oldest);
  }

  /** How many spans were sent to the viewer, and how many it says that it has, once it has answered all of them. */
  async outcome(): Promise<FeedOutcome> {
    await Promise.all(this.#underWay);
    const response = await fetch(`${this.#url}/api/viewer/status`);
    const { received } = (await response.json()) as { received: { spans: number } };
    return { sent: this.#spans, received: received.spans };
  }

  #sendLines(lines: readonly LogLine[]): void {
    if (lines.length > 0) this.#send('/v1/logs', JSON.stringify({ resourceLogs: lines.map(resourceLog) }));
  }

  #send(path: string, body: string): void {
    const sent = send(this.#url + path, body).then(() => {
      this.#underWay.delete(sent);
    });
    this.#underWay.add(sent);
  }
}

// Whether all of it has arrived, the viewer says at the end.
async function send(url: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined);
  await response?.arrayBuffer().catch(() => undefined);
}

function resourceLog({ service, timeMs, level, message, traceId, spanId }: LogLine): object {
  const record = {
    timeUnixNano: `${BigInt(Math.round(timeMs)) * 1_000_000n}`,
    severityNumber: SEVERITIES[level] ?? 0,
    severityText: level.toUpperCase(),
    body: { stringValue: message },
    traceId,
    ...(spanId !== undefined && { spanId }),
  };
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  return { resource: { attributes }, scopeLogs: [{ logRecords: [record] }] };
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > MAX_TRACES && oldest !== undefined) ids.delete(oldest);
}
