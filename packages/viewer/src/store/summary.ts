import type { TraceSummary } from '@throughline/readers';
import type { FoundTrace } from '../api/messages.ts';

/** A trace of a list as `TraceSource` describes it. */
export function toSummary(found: FoundTrace): TraceSummary {
  const { traceId, rootService, rootName, duration, spanCount, errorCount } = found;
  const startUnixNano = BigInt(found.startUnixNano);
  const services = found.services.map(({ name, spanCount }) => ({ name, spanCount }));
  return { traceId, rootService, rootName, startUnixNano, duration, spanCount, errorCount, services };
}
