import { INVALID_SPAN_CONTEXT, isSpanContextValid, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';
import { getCorrelation } from '../correlation.ts';
import { checkOptions, type OptionChecks } from '../options.ts';
import { context } from './registered-api.ts';

/**
 * The ids of the active span and request.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export type LogFields = { trace_id?: string; span_id?: string; trace_flags?: string; request_id?: string };

/** How the ids in log lines are named and written, so that a backend finds the trace of a line. */
export type LogFieldOptions = {
  /**
   * Whose names to use: OpenTelemetry's, Google Cloud Logging's, Datadog's or Elastic's (ECS).
   * @default 'otel'
   */
  names?: 'otel' | 'gcp' | 'datadog' | 'ecs';
  /**
   * The Google Cloud project that the traces are stored in, for `names: 'gcp'` only: writes the trace in Google's older
   * form, `projects/<project>/traces/<id>`.
   * @default none: the trace id stands alone, the form that Google prefers today
   */
  projectId?: string;
};

/** Reads the ids to put into a log line written now, as a fresh object. Empty outside of spans and requests. */
export type LogFieldReader = {
  (): Record<string, string | boolean>;
  /** All names that it may use. */
  readonly names: readonly string[];
};

/**
 * The ids to put into a log line written now, as a fresh object: `trace_id`, `span_id` and `trace_flags` of the active
 * span, in hex, and `request_id` of the active request. What is not there is left out.
 */
export function logFields(): LogFields {
  return read(otel);
}

/**
 * Compiles the options once into the function that reads the ids under a backend's names. `component` begins the
 * message of the `TypeError` that is thrown for a wrong option.
 */
export function logFieldReader(component: string, options: LogFieldOptions = {}): LogFieldReader {
  checkOptions(component, options, checks);
  const { names = 'otel', projectId } = options;
  if (projectId !== undefined && names !== 'gcp') {
    throw new TypeError(
      `[${component}] \`projectId\` means nothing to '${names}'. Remove it, or set \`names: 'gcp'\`.`,
    );
  }
  const naming = names === 'gcp' ? gcp(projectId) : { otel, datadog, ecs }[names];
  const all = [...Object.keys(naming.spanFields(INVALID_SPAN_CONTEXT)), naming.requestId];
  return Object.assign(() => read(naming), { names: all });
}

type Fields = Record<string, string | boolean>;

/** A backend's convention: how it writes the ids of a span, and what it calls the id of a request. */
type Naming = { readonly requestId: string; readonly spanFields: (span: SpanContext) => Fields };

const checks: OptionChecks<LogFieldOptions> = {
  names: [
    "'otel', 'gcp', 'datadog' or 'ecs'",
    (value) => value === 'otel' || value === 'gcp' || value === 'datadog' || value === 'ecs',
  ],
  projectId: ['a Google Cloud project id', (value) => typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value)],
};

const FLAGS = ['00', '01', '02', '03'];

const otel: Naming = {
  requestId: 'request_id',
  spanFields: ({ traceId, spanId, traceFlags }) => ({
    trace_id: traceId,
    span_id: spanId,
    trace_flags: FLAGS[traceFlags] ?? traceFlags.toString(16).padStart(2, '0'),
  }),
};

// https://docs.cloud.google.com/trace/docs/trace-log-integration for the values,
// https://docs.cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields for the names.
function gcp(projectId: string | undefined): Naming {
  const prefix = projectId === undefined ? '' : `projects/${projectId}/traces/`;
  return {
    requestId: 'request_id',
    spanFields: ({ traceId, spanId, traceFlags }) => ({
      'logging.googleapis.com/trace': prefix + traceId,
      'logging.googleapis.com/spanId': spanId,
      'logging.googleapis.com/trace_sampled': (traceFlags & TraceFlags.SAMPLED) !== 0,
    }),
  };
}

// What Datadog's own tracers write: a trace id of 128 bits in hex, one of 64 bits (the upper half zero) in decimal like
// every span id. https://github.com/DataDog/dd-trace-go/pull/1746
const datadog: Naming = {
  requestId: 'request_id',
  spanFields: ({ traceId, spanId }) => ({
    'dd.trace_id': traceId.startsWith('0000000000000000') ? decimal(traceId) : traceId,
    'dd.span_id': decimal(spanId),
  }),
};

// https://www.elastic.co/docs/reference/ecs/ecs-tracing
const ecs: Naming = {
  requestId: 'http.request.id',
  spanFields: ({ traceId, spanId }) => ({ 'trace.id': traceId, 'span.id': spanId }),
};

// Ids are read through character by character, and lines come several to a span.
let lastValid: SpanContext | undefined;

function isValid(spanContext: SpanContext): boolean {
  if (spanContext === lastValid) return true;
  if (!isSpanContextValid(spanContext)) return false;
  lastValid = spanContext;
  return true;
}

function read(naming: Naming): Fields {
  const active = context.active();
  const spanContext = trace.getSpanContext(active);
  const fields = spanContext !== undefined && isValid(spanContext) ? naming.spanFields(spanContext) : {};
  const correlation = getCorrelation(active);
  if (correlation !== undefined) fields[naming.requestId] = correlation.id;
  return fields;
}

function decimal(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}
