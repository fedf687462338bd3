import { useMemo } from 'preact/hooks';
import { type Changes, change } from '../shell/route.ts';
import type { TraceModel } from './trace-model.ts';

/** What the address says about a trace view. Spans by index. */
export type TraceState = {
  readonly selected: number | undefined;
  readonly focus: number | undefined;
  readonly closed: ReadonlySet<number>;
  readonly opened: ReadonlySet<number>;
  readonly showsCritical: boolean;
  readonly showsLogs: boolean;
  readonly isFlameGraph: boolean;
  readonly query: string;
};

/** An address holds no more than this; what goes beyond is forgotten on the way. */
const MOST_IN_ADDRESS = 100;

/** Reads the state of a trace view from the address. */
export function useTraceState(model: TraceModel, parameters: URLSearchParams): TraceState {
  // Sets that stay the same while the cursor moves: the rows, all of them, depend on these.
  const closed = useSpans(model, parameters.get('closed'));
  const opened = useSpans(model, parameters.get('open'));
  return useMemo(() => {
    const span = (name: string) => model.columns.spanIds.indexOf(parameters.get(name) ?? '');
    return {
      selected: span('span'),
      focus: span('focus'),
      closed,
      opened,
      showsCritical: parameters.get('critical') === '1',
      showsLogs: parameters.get('logs') === '1',
      isFlameGraph: parameters.get('view') === 'flame',
      query: parameters.get('query') ?? '',
    };
  }, [model, `${parameters}`]);
}

function useSpans(model: TraceModel, text: string | null): ReadonlySet<number> {
  return useMemo(() => spansFrom(model, text), [model, text]);
}

type SpanChanges = {
  readonly selected?: number | undefined;
  readonly focus?: number | undefined;
  readonly closed?: ReadonlySet<number>;
  readonly opened?: ReadonlySet<number>;
};

/** Writes spans to the address. */
export function changeSpans(model: TraceModel, spans: SpanChanges, others: Changes = {}): void {
  const id = (span: number | undefined) => (span === undefined ? undefined : model.columns.spanIds.at(span));
  const ids = (all: ReadonlySet<number>) => [...all].slice(-MOST_IN_ADDRESS).map(id).join(',');
  const changes: Record<string, string | undefined> = { ...others };
  if ('selected' in spans) changes.span = id(spans.selected);
  if ('focus' in spans) changes.focus = id(spans.focus);
  if (spans.closed !== undefined) changes.closed = ids(spans.closed);
  if (spans.opened !== undefined) changes.open = ids(spans.opened);
  change(changes);
}

function spansFrom(model: TraceModel, text: string | null): ReadonlySet<number> {
  const spans = new Set<number>();
  for (const id of (text ?? '').split(',')) {
    const span = model.columns.spanIds.indexOf(id);
    if (span !== undefined) spans.add(span);
  }
  return spans;
}
