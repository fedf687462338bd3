import { diag, type Exception, type Span, SpanStatusCode } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';

const MAX_MESSAGE_LENGTH = 1024;

/**
 * The low-cardinality `error.type` of any thrown value: the code of a system error (`ECONNREFUSED`), else the name of
 * the error's class, else the JavaScript type.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
export function errorType(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return thrown === null ? 'null' : typeof thrown;
  const { code, name, className } = read(thrown);
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  // A class that extends Error has its name only if it says so.
  return [name === 'Error' ? className : name, name].find(isTypeName) ?? 'Error';
}

function isTypeName(name: unknown): name is string {
  return typeof name === 'string' && /^[\w$.:-]{1,100}$/.test(name);
}

/** The text of any thrown value, at most 1,024 characters. Never throws, whatever getters the value has. */
export function errorMessage(thrown: unknown): string {
  let text: unknown;
  try {
    text = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : String(thrown);
  } catch {
    text = undefined;
  }
  return typeof text === 'string' ? text.slice(0, MAX_MESSAGE_LENGTH) : 'no message';
}

/**
 * Records any thrown value, also one that is no `Error`, as the exception of a span. `redact` takes out of its texts what
 * must not be recorded. Of a span that nobody records, nothing is read: the text of a stack is made when somebody asks for it.
 */
export function recordException(span: Span, thrown: unknown, redact = (text: string) => text): void {
  if (!span.isRecording()) return;
  const exception: Exception = { name: errorType(thrown), message: redact(errorMessage(thrown)) };
  if (typeof thrown === 'object' && thrown !== null) {
    const { stack } = read(thrown);
    if (typeof stack === 'string') exception.stack = redact(stack);
  }
  span.recordException(exception);
}

/** Makes a span one that failed with what was thrown: its exception, `error.type` and status. */
export function recordFailure(span: Span, thrown: unknown): void {
  if (!span.isRecording()) return;
  recordException(span, thrown);
  span.setAttribute(ATTR_ERROR_TYPE, errorType(thrown));
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(thrown) });
}

/**
 * Calls a function the user gave us so that it cannot break the request: what it throws or rejects with goes to
 * OpenTelemetry's `diag` logger and the result is `undefined`.
 */
export function callSafely<Arguments extends unknown[], Result>(
  name: string,
  hook: (...args: Arguments) => Result,
  ...args: Arguments
): Result | undefined {
  try {
    const result = hook(...args);
    if (result instanceof Promise) result.catch((thrown: unknown) => reportHook(name, thrown));
    return result;
  } catch (thrown) {
    reportHook(name, thrown);
    return undefined;
  }
}

/** Reports what a function has thrown that could not be let through. */
export function reportHook(name: string, thrown: unknown): void {
  diag.error(`[throughline] \`${name}\` failed and was ignored: ${errorMessage(thrown)}`);
}

type ErrorParts = { code?: unknown; name?: unknown; stack?: unknown; className?: unknown };

function read(thrown: object): ErrorParts {
  try {
    const { code, name, stack, constructor: Class } = thrown as ErrorParts & { constructor?: { name?: unknown } };
    return { code, name, stack, className: Class?.name };
  } catch {
    return {};
  }
}
