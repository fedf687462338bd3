import {
  type Context,
  diag,
  isSpanContextValid,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { type PropagatorName, propagatorsByName } from './names.ts';
import { checkOptions } from './options.ts';
import { isContinued } from './remote-trace.ts';

/** Which formats are read and which are written, by name or as propagators of your own. */
export type CompositeOptions = {
  /**
   * The formats to read. The first one that finds a valid trace context wins, and apart from it the first one that
   * finds baggage.
   * @default ['tracecontext', 'baggage']
   */
  extract?: readonly (PropagatorName | TextMapPropagator)[];
  /**
   * The formats to write, all of them.
   * @default ['tracecontext', 'baggage']
   */
  inject?: readonly (PropagatorName | TextMapPropagator)[];
};

const W3C = ['tracecontext', 'baggage'] as const;
const formatList = [
  'an array of names and propagators',
  (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string' || isPropagator(item)),
] as const;

/**
 * Makes one propagator that reads many formats and writes the chosen ones. One that fails does not keep the others from
 * their work. Throws a `TypeError` for an unknown name.
 *
 * @example
 * propagation.setGlobalPropagator(
 *   compositePropagator({ extract: ['tracecontext', 'b3', 'datadog', 'baggage'], inject: ['tracecontext', 'baggage'] }),
 * );
 */
export function compositePropagator(options: CompositeOptions = {}): TextMapPropagator {
  checkOptions(options, { extract: formatList, inject: formatList });
  const { extract = W3C, inject = W3C } = options;
  const readers = propagators(extract);
  const writers = propagators(inject);
  return {
    inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
      for (const writer of writers) {
        try {
          writer.inject(context, carrier, setter);
        } catch (thrown) {
          reportFailure('write', thrown);
        }
      }
    },
    extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
      let found = context;
      for (const reader of readers) {
        try {
          const next = reader.extract(found, carrier, getter);
          if (next !== found) found = merge(context, found, next);
        } catch (thrown) {
          reportFailure('read', thrown);
        }
      }
      return found;
    },
    fields: () => [...new Set(writers.flatMap((writer) => writer.fields()))],
  };
}

function propagators(formats: readonly (PropagatorName | TextMapPropagator)[]): TextMapPropagator[] {
  return [...new Set(formats)].flatMap((format) => (typeof format === 'string' ? propagatorsByName([format]) : format));
}

function isPropagator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'extract' in value && 'inject' in value && 'fields' in value;
}

// What was found stays: a later reader adds only what none before it has found.
function merge(initial: Context, found: Context, next: Context): Context {
  const spanContext = trace.getSpanContext(next);
  // Mostly, this is the first find, by one of our own readers.
  if (found === initial && spanContext !== undefined && isContinued(next, spanContext)) return next;
  if (spanContext === trace.getSpanContext(found) && propagation.getBaggage(found) === undefined) return next;
  const isTraceOpen = trace.getSpanContext(found) === trace.getSpanContext(initial);
  const traceWins = isTraceOpen && spanContext !== undefined && isSpanContextValid(spanContext);
  const winner = traceWins || spanContext === trace.getSpanContext(found) ? next : found;

  const isBaggageOpen = propagation.getBaggage(found) === propagation.getBaggage(initial);
  const baggage = propagation.getBaggage(isBaggageOpen ? next : found);
  if (baggage === undefined || baggage === propagation.getBaggage(winner)) return winner;
  return propagation.setBaggage(winner, baggage);
}

function reportFailure(what: 'read' | 'write', thrown: unknown): void {
  diag.error(`[propagators] A propagator failed to ${what} and was ignored`, thrown);
}
