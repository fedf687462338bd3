import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { HeldSpan, SpanAccess } from './held-span.ts';

const BLAMES_THE_REQUEST = /^4\d\d$/;

/**
 * Whether a span tells of an error: by its status, by a response of 500 and above, or by an `error.type`. A response of 4xx
 * is an answer, not an error, also to a CLIENT span, for which the conventions set the status ERROR and `error.type` to `404`.
 */
export function hasFailed<Span extends HeldSpan>(span: Span, access: SpanAccess<Span>): boolean {
  const { statusCode, errorType } = access.outcome(span);
  if (typeof statusCode === 'number' && statusCode >= 500) return true;
  if (errorType !== undefined && !(typeof errorType === 'string' && BLAMES_THE_REQUEST.test(errorType))) return true;
  return span.status.code === SpanStatusCode.ERROR && !(span.kind === SpanKind.CLIENT && isClientFault(statusCode));
}

function isClientFault(status: unknown): boolean {
  return typeof status === 'number' && status >= 400;
}
