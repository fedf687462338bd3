import type { SpanKind } from '@throughline/analysis';

const KINDS: readonly string[] = ['internal', 'server', 'client', 'producer', 'consumer'] satisfies SpanKind[];

/** A kind from a name in any of the spellings of backends: `server`, `SERVER`, `Server`, `SPAN_KIND_SERVER`. */
export function spanKindOf(name: unknown): SpanKind | undefined {
  const kind = typeof name === 'string' ? name.toLowerCase().replace('span_kind_', '') : '';
  return isKind(kind) ? kind : undefined;
}

function isKind(name: string): name is SpanKind {
  return KINDS.includes(name);
}
