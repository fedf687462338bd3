// Requests as exporters send them: 512 spans of one service each, encoded once, with ids and times written anew into the
// bytes for each time it is sent, so that the generator takes little of the processor.
import { encodeOtlpProtobuf } from '../../packages/analysis/dist/index.js';
import { SERVICE_COUNT, TRACE_SPANS, traceSpans } from './traffic.mjs';

export const REQUEST_SPANS = 512;
/** Traces that one round of requests, one of each service, holds the spans of. */
const ROUND_TRACES = (REQUEST_SPANS * SERVICE_COUNT) / TRACE_SPANS;

/** One request of each service; together they are whole traces. */
export class Round {
  #requests;

  constructor(seed) {
    const start = 1_700_000_000_000_000_000n;
    const traces = Array.from({ length: ROUND_TRACES }, (_, index) => traceSpans(seed * ROUND_TRACES + index, start));
    this.#requests = Array.from({ length: SERVICE_COUNT }, (_, service) => {
      const spans = traces.flatMap((trace) => trace.slice(service * 2, service * 2 + 2));
      const bytes = Buffer.from(encodeOtlpProtobuf(spans));
      return { bytes, places: placesIn(bytes, spans) };
    });
  }

  /** The body of a service's request in the round with this number, which begins at this time; valid until the next call. */
  body(service, number, startUnixNano) {
    const { bytes, places } = this.#requests[service];
    for (const { at, trace, own, parent, offset, duration, startAt } of places) {
      bytes.writeUInt32LE(number >>> 0, at);
      bytes.writeUInt32LE(trace, at + 4);
      bytes.writeUInt32LE(number >>> 0, own);
      if (parent !== -1) bytes.writeUInt32LE(number >>> 0, parent);
      const start = startUnixNano + offset;
      bytes.writeBigUInt64LE(start, startAt);
      bytes.writeBigUInt64LE(start + duration, startAt + 9);
    }
    return bytes;
  }
}

// Where in the bytes the ids and times of each span are.
function placesIn(bytes, spans) {
  let from = 0;
  const find = (hex) => {
    const at = bytes.indexOf(Buffer.from(hex, 'hex'), from);
    if (at === -1) throw new Error('The encoding of spans has changed: this benchmark looks for ids in it.');
    from = at;
    return at;
  };
  const traces = new Map();
  return spans.map((span) => {
    const at = find(span.traceId);
    const own = find(span.spanId);
    const parent = span.parentSpanId === undefined ? -1 : find(span.parentSpanId);
    // Field 7 and then 8, both of 64 bits.
    const time = Buffer.alloc(9);
    time[0] = 0x39;
    time.writeBigUInt64LE(span.startUnixNano, 1);
    const startAt = find(time.toString('hex')) + 1;
    if (bytes[startAt + 8] !== 0x41)
      throw new Error('The encoding of spans has changed: the end is not after the start.');
    if (!traces.has(span.traceId)) traces.set(span.traceId, traces.size);
    const offset = span.startUnixNano - 1_700_000_000_000_000_000n;
    const trace = traces.get(span.traceId);
    return { at, trace, own, parent, offset, duration: span.endUnixNano - span.startUnixNano, startAt };
  });
}
