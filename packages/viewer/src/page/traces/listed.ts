import type { FoundTrace, SearchAnswer } from '../../api/messages.ts';

/** The traces of the list, and those that wait until the reader wants them: a list never moves under the eyes. */
export type Listed = { readonly shown: readonly FoundTrace[]; readonly waiting: readonly FoundTrace[] };

/** The list after traces came or grew. Those that are shown grow where they are. */
export function withNews(listed: Listed, news: readonly FoundTrace[]): Listed {
  const byId = new Map(news.map((trace) => [trace.traceId, trace]));
  const shown = listed.shown.map((trace) => {
    const now = byId.get(trace.traceId);
    byId.delete(trace.traceId);
    return now ?? trace;
  });
  for (const trace of listed.waiting) if (!byId.has(trace.traceId)) byId.set(trace.traceId, trace);
  return { shown, waiting: [...byId.values()].sort(latestFirst).slice(0, 1000) };
}

/** The list with what waited at its head. */
export function withWaiting({ shown, waiting }: Listed, limit: number): Listed {
  if (waiting.length === 0) return { shown, waiting };
  return { shown: [...waiting, ...shown].sort(latestFirst).slice(0, limit), waiting: [] };
}

/** Without those that did not fail, which an answer has after all that did. */
export function onlyFailed({ traces, more }: SearchAnswer): SearchAnswer {
  const failed = traces.filter(({ errorCount }) => errorCount > 0);
  return { traces: failed, more: more && failed.length === traces.length };
}

function latestFirst(a: FoundTrace, b: FoundTrace): number {
  // Texts of the same length compare as the numbers they are.
  if (a.startUnixNano.length !== b.startUnixNano.length) return b.startUnixNano.length - a.startUnixNano.length;
  return a.startUnixNano < b.startUnixNano ? 1 : a.startUnixNano > b.startUnixNano ? -1 : 0;
}
