import { SpanStatusCode } from '@opentelemetry/api';
import type { HeldSpan, SpanAccess } from './held-span.ts';

/** Whether a span tells of an error: by its status, by a response of 500 and above, or by an `error.type`. */
export function hasFailed<Span extends HeldSpan>(span: Span, access: SpanAccess<Span>): boolean {
  if (span.status.code === SpanStatusCode.ERROR) return true;
  const status = access.attribute(span, 'http.response.status_code');
  if (typeof status === 'number' && status >= 500) return true;
  return access.attribute(span, 'error.type') !== undefined;
}
