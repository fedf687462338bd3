import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { HeldSpan, SpanAccess } from './held-span.ts';

const BLAMES_THE_REQUEST = /^4\d\d$/;

/**
 * Whether a span tells of an error: by its status, by a response of 500 and above, or by an `error.type`. A response of 4xx
 * is an answer, not an error, also to a CLIENT span, for which the conventions set the status ERROR and `error.type` to `404`.
 */
export function hasFailed<Span extends HeldSpan>(span: Span, access: SpanAccess<Span>): boolean {
  const status = access.attribute(span, 'http.response.status_code');
  if (typeof status === 'number' && status >= 500) return true;
  const type = access.attribute(span, 'error.type');
  if (type !== undefined && !(typeof type === 'string' && BLAMES_THE_REQUEST.test(type))) return true;
  return span.status.code === SpanStatusCode.ERROR && !(span.kind === SpanKind.CLIENT && isClientFault(status));
}

function isClientFault(status: unknown): boolean {
  return typeof status === 'number' && status >= 400;
}
