import { createHash, randomBytes } from 'node:crypto';
import { encodeOtlpProtobuf, type Resource, type Span } from '@throughline/analysis';

const resources = new Map<string, Resource>();

type DraftOptions = Partial<Pick<Span, 'kind' | 'status' | 'statusMessage' | 'attributes' | 'events' | 'links'>> & {
  readonly service?: string;
};

/** Draws up a trace span by span. Times are milliseconds since its start. */
export class TraceDraft {
  readonly traceId: string;
  readonly spans: Span[] = [];
  readonly #origin: bigint;

  /**
   * @param startMs - since 1970.
   * @param traceId - for ids that are the same each time; by chance otherwise.
   */
  constructor(startMs = Date.now() - 1000, traceId = randomBytes(16).toString('hex')) {
    this.#origin = BigInt(Math.round(startMs)) * 1_000_000n;
    this.traceId = traceId;
  }

  /** Adds a span, below another one unless it is a root. */
  add(parent: Span | undefined, name: string, startMs: number, durationMs: number, options: DraftOptions = {}): Span {
    const { service = parent?.resource.service ?? 'shop', ...fields } = options;
    const span: Span = {
      traceId: this.traceId,
      spanId: createHash('sha256').update(`${this.traceId} ${this.spans.length}`).digest('hex').slice(0, 16),
      ...(parent !== undefined && { parentSpanId: parent.spanId }),
      name,
      kind: parent === undefined ? 'server' : 'internal',
      startUnixNano: this.at(startMs),
      endUnixNano: this.at(startMs + durationMs),
      status: 'unset',
      attributes: {},
      events: [],
      links: [],
      resource: resourceNamed(service),
      scope: { name: '@throughline/fastify', version: '1.0.0' },
      ...fields,
    };
    this.spans.push(span);
    return span;
  }

  /** Nanoseconds since 1970. */
  at(ms: number): bigint {
    return this.#origin + BigInt(Math.round(ms * 1e6));
  }
}

/** Sends spans to a viewer as an exporter does, in requests it accepts. */
export async function send(url: string, spans: readonly Span[]): Promise<void> {
  for (let from = 0; from < spans.length; from += 20_000) {
    const body = new Uint8Array(encodeOtlpProtobuf(spans.slice(from, from + 20_000)));
    const headers = { 'content-type': 'application/x-protobuf' };
    const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`The viewer answers ${response.status}: ${await response.text()}`);
  }
}

/** Sends one log record of a span. */
export async function sendLog(url: string, span: Span, body: string, severityNumber: number): Promise<void> {
  const { service } = span.resource;
  const record = {
    timeUnixNano: `${span.startUnixNano + 1_000_000n}`,
    severityNumber,
    body: { stringValue: body },
    traceId: span.traceId,
    spanId: span.spanId,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const response = await fetch(`${url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] }),
  });
  if (!response.ok) throw new Error(`The viewer answers ${response.status}: ${await response.text()}`);
}

function resourceNamed(service: string): Resource {
  let resource = resources.get(service);
  if (resource === undefined) {
    const attributes = { 'service.name': service, 'service.version': '1.4.2', 'host.name': `${service}-7d9f` };
    resource = { service, attributes };
    resources.set(service, resource);
  }
  return resource;
}
