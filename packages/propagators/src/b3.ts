import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
} from '@opentelemetry/api';
import { readHeader } from './headers.ts';
import { checkOptions } from './options.ts';
import { continueTrace, outboundSpanContext, RANDOM_FLAG, remoteTrace } from './remote-trace.ts';
import { isId, randomId } from './span-ids.ts';

/** How B3 is written; both ways are always read. */
export type B3Options = {
  /**
   * One `b3` header, or `x-b3-traceid`, `x-b3-spanid` and `x-b3-sampled`.
   * @default 'single'
   */
  inject?: 'single' | 'multi';
};

/** The fields of B3 as they came in, whichever way. */
type Fields = { traceId: string; spanId: string; sampling: string | undefined };

const MULTI_HEADERS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags', 'x-b3-parentspanid'] as const;

/**
 * Reads both forms of Zipkin's B3 headers, the single one first, and writes one of them. 64-bit trace ids are padded
 * with zeros. "Debug" means sampled and is passed on. A request that says no more than "not sampled" continues an
 * unsampled trace of random ids, so that nothing of it is sampled; one that leaves the decision to us counts as not
 * sampled too, since OpenTelemetry has no third state.
 *
 * @see https://github.com/openzipkin/b3-propagation
 */
export class B3Propagator implements TextMapPropagator {
  readonly #single: boolean;

  constructor(options: B3Options = {}) {
    checkOptions(options, {
      inject: ["'single' or 'multi'", (value) => value === 'single' || value === 'multi'],
    });
    const { inject = 'single' } = options;
    this.#single = inject === 'single';
  }

  /** Writes the ids of the active span; the trace id has always 128 bits. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const outbound = outboundSpanContext(context);
    if (outbound === undefined) return;
    const { traceId, spanId, traceFlags } = outbound;
    const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    const debug = sampled && remoteTrace(context, outbound)?.debug === true;
    if (this.#single) {
      setter.set(carrier, 'b3', `${traceId}-${spanId}-${debug ? 'd' : Number(sampled)}`);
      return;
    }
    setter.set(carrier, 'x-b3-traceid', traceId);
    setter.set(carrier, 'x-b3-spanid', spanId);
    setter.set(carrier, debug ? 'x-b3-flags' : 'x-b3-sampled', debug || sampled ? '1' : '0');
  }

  /** A context with the inbound ids, or the same context if there are no valid ones. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    return (
      fromFields(context, readSingle(carrier, getter)) ?? fromFields(context, readMulti(carrier, getter)) ?? context
    );
  }

  /** The headers that `inject` may write. */
  fields(): string[] {
    return this.#single ? ['b3'] : MULTI_HEADERS.slice(0, 4);
  }
}

// {trace id}-{span id}, {trace id}-{span id}-{sampling}, {trace id}-{span id}-{sampling}-{parent span id} or {sampling}
function readSingle(carrier: unknown, getter: TextMapGetter): Fields | undefined {
  const header = readHeader(carrier, getter, 'b3');
  if (header === undefined || header.length > 70) return undefined;
  const [traceId = '', spanId, sampling, parentId, more] = header.split('-');
  if (spanId === undefined) return { traceId: '', spanId: '', sampling: traceId };
  if (more !== undefined || (parentId !== undefined && (parentId.length !== 16 || !isId(parentId, 0, 16)))) {
    return undefined;
  }
  return sampling === undefined || /^[01d]$/.test(sampling) ? { traceId, spanId, sampling } : undefined;
}

function readMulti(carrier: unknown, getter: TextMapGetter): Fields {
  const [traceId = '', spanId = '', sampled, flags] = MULTI_HEADERS.map((name) => readHeader(carrier, getter, name));
  return { traceId, spanId, sampling: flags === '1' ? 'd' : sampled };
}

function fromFields(context: Context, fields: Fields | undefined): Context | undefined {
  if (fields === undefined) return undefined;
  const { traceId, spanId, sampling } = fields;
  if (traceId === '' && spanId === '') return isRefusal(sampling) ? refuse(context) : undefined;
  if ((traceId.length !== 32 && traceId.length !== 16) || !isId(traceId, 0, traceId.length)) return undefined;
  if (spanId.length !== 16 || !isId(spanId, 0, 16)) return undefined;
  const debug = sampling === 'd';
  const sampled = debug || sampling === '1' || sampling === 'true'; // "true" is what tracers before B3 1.0 wrote
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return continueTrace(context, { traceId: traceId.padStart(32, '0'), spanId, traceFlags }, { debug });
}

function isRefusal(sampling: string | undefined): boolean {
  return sampling === '0' || sampling === 'false';
}

function refuse(context: Context): Context {
  return continueTrace(context, { traceId: randomId(16), spanId: randomId(8), traceFlags: RANDOM_FLAG });
}
