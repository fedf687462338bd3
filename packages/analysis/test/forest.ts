import type { Attributes, Resource, Span, SpanKind, SpanLink, Trace } from '../src/index.ts';
import { buildTrace } from '../src/index.ts';

/** One span of a test, its times in milliseconds. */
export type Row = {
  id: string;
  parent?: string;
  start: number;
  end: number;
  name?: string;
  service?: string;
  host?: string;
  kind?: SpanKind;
  status?: Span['status'];
  attributes?: Attributes;
  links?: readonly SpanLink[];
  traceState?: string;
};

export const BASE = 1_700_000_000_000_000_000n;
export const ms = 1_000_000;
const resources = new Map<string, Resource>();

/** A trace of these spans; ids are their texts as hexadecimal digits. */
export function forest(...rows: Row[]): Trace {
  return buildTrace(rows.map((row) => spanOf(row)));
}

export function spanOf(row: Row, traceId = '0af7651916cd43dd8448eb211c80319c'): Span {
  return {
    traceId,
    spanId: idOf(row.id),
    ...(row.parent === undefined ? {} : { parentSpanId: idOf(row.parent) }),
    ...(row.traceState === undefined ? {} : { traceState: row.traceState }),
    name: row.name ?? row.id,
    kind: row.kind ?? 'internal',
    startUnixNano: BASE + BigInt(Math.round(row.start * ms)),
    endUnixNano: BASE + BigInt(Math.round(row.end * ms)),
    status: row.status ?? 'unset',
    attributes: row.attributes ?? {},
    events: [],
    links: row.links ?? [],
    resource: resourceOf(row.service ?? 'shop', row.host),
  };
}

function idOf(text: string): string {
  let digits = '';
  for (const letter of text) digits += letter.charCodeAt(0).toString(16).padStart(2, '0');
  return digits.padStart(16, '0').slice(-16);
}

/** A link as the OpenTracing shim writes a `follows_from` reference. */
export function followsFrom(parent: string): SpanLink {
  return { traceId: '', spanId: idOf(parent), attributes: { 'opentracing.ref_type': 'follows_from' } };
}

function resourceOf(service: string, host: string | undefined): Resource {
  const key = `${service}\n${host}`;
  const known = resources.get(key);
  if (known !== undefined) return known;
  const made = { service, attributes: host === undefined ? {} : { 'host.name': host } };
  resources.set(key, made);
  return made;
}
