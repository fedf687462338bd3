import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FoundTrace, SearchAnswer } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { counted } from '../shell/format.ts';
import { useKeys } from '../shell/keys.ts';
import { addressOf, change, type Route } from '../shell/route.ts';
import { type Listed, onlyFailed, withNews, withWaiting } from './listed.ts';
import { useLive } from './live.ts';
import { NoTraces } from './no-traces.tsx';
import { SearchBox } from './search-box.tsx';
import { TraceRow } from './trace-row.tsx';
import './traces.css';

const SORTS = [
  { sort: 'latest', label: 'Latest' },
  { sort: 'slowest', label: 'Slowest' },
  { sort: 'errors', label: 'Failed' },
] as const;
const LIMIT = 50;
const MOST = 1000;
/** A search is asked again at most this often while traces come in. */
const AGAIN_AFTER = 1000;

/** All traces, the latest first: searched, sorted, and live. */
export function TraceList({ route: { parameters } }: { readonly route: Route }) {
  const query = parameters.get('query') ?? '';
  const sort = parameters.get('sort') ?? 'latest';
  const run = parameters.get('run') ?? undefined;
  const isLive = parameters.get('live') !== 'off';
  const limit = Math.min(MOST, Number(parameters.get('limit')) || LIMIT);
  // What comes in can be put at the head as it is only where nothing is left out and time is the order.
  const isPlain = query === '' && sort === 'latest' && run === undefined;

  const [version, setVersion] = useState(0);
  const {
    answer: found,
    problem,
    isLoading,
  } = useAnswer<SearchAnswer>(addressOf('traces', { query, sort, run, limit: `${limit}` }), version);
  const answer = useMemo(() => (found !== undefined && sort === 'errors' ? onlyFailed(found) : found), [found]);
  const [listed, setListed] = useState<Listed>({ shown: [], waiting: [] });
  const [marked, setMarked] = useState<readonly string[]>([]);
  const list = useRef<HTMLTableElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const asked = useRef('');

  // Before anything is drawn: a list that is full must not be seen empty.
  useLayoutEffect(() => {
    if (answer === undefined) return;
    const question = `${query}\n${sort}\n${run}\n${limit}`;
    const isNew = asked.current !== question;
    asked.current = question;
    setListed((before) => {
      if (isNew || isFollowing(list.current)) return { shown: answer.traces, waiting: [] };
      return withNews(before, answer.traces);
    });
  }, [answer]);

  const again = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(again.current), []);
  const state = useLive(isLive, ({ traces }) => {
    if (!isPlain) {
      again.current ??= setTimeout(() => {
        again.current = undefined;
        setVersion((before) => before + 1);
      }, AGAIN_AFTER);
      return;
    }
    setListed((before) => {
      const next = withNews(
        before,
        traces.map((trace) => ({ ...trace, matchCount: 0 })),
      );
      return isFollowing(list.current) ? withWaiting(next, limit) : next;
    });
  });

  const show = () => {
    if (isPlain) setListed((before) => withWaiting(before, Math.max(limit, before.shown.length)));
    else if (answer !== undefined) setListed({ shown: answer.traces, waiting: [] });
    scrollTo({ top: 0 });
  };
  useKeys({
    '/': () => box.current?.select(),
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
    ArrowDown: () => moveFocus(list.current, 1),
    ArrowUp: () => moveFocus(list.current, -1),
  });
  useEffect(() => {
    document.title = query === '' ? 'Traces' : `${query} – Traces`;
  }, [query]);

  const { shown, waiting } = listed;
  const longest = shown.reduce((most, { duration }) => Math.max(most, duration), 0);
  const mark = (trace: FoundTrace) =>
    setMarked((before) =>
      before.includes(trace.traceId)
        ? before.filter((id) => id !== trace.traceId)
        : [...before.slice(-1), trace.traceId],
    );
  return (
    <>
      <h1 class="hidden">Traces</h1>
      <div class="view-head">
        <SearchBox
          box={box}
          query={query}
          label="Search traces"
          placeholder='Search: checkout, duration > 100ms, name =~ "GET.*" AND NOT status = error'
          problem={problem}
          onQuery={(next, isContinued) => change({ query: next, limit: undefined }, { replace: isContinued })}
          onEnter={() => moveFocus(list.current, 1)}
        />
        <fieldset class="segments" aria-label="Order">
          {SORTS.map(({ sort: name, label }) => (
            <button
              key={name}
              type="button"
              aria-pressed={sort === name}
              onClick={() => change({ sort: name === 'latest' ? undefined : name, limit: undefined })}
            >
              {label}
            </button>
          ))}
        </fieldset>
        <button
          type="button"
          class="button live"
          aria-pressed={isLive}
          title={isLive ? 'Traces appear as they come in' : 'The list stands still'}
          onClick={() => change({ live: isLive ? 'off' : undefined })}
        >
          <span class={`pulse ${state}`} />
          {state === 'lost' ? 'Reconnecting' : 'Live'}
        </button>
      </div>
      <div class="list-status">
        <p aria-live="polite" class="quiet">
          {answer === undefined ? '' : summaryOf(shown.length, answer.more, query !== '', sort)}
        </p>
        {waiting.length === 0 ? null : (
          <button type="button" class="button small primary" onClick={show}>
            Show {counted(waiting.length, 'new trace')}
          </button>
        )}
        {marked.length === 0 ? null : (
          <span class="marked">
            {marked.length === 1 ? 'Choose another to compare with' : 'Two chosen'}
            {marked.length === 2 ? (
              <a class="button small" href={addressOf('/compare', { before: marked[0], after: marked[1] })}>
                Compare
              </a>
            ) : null}
          </span>
        )}
      </div>
      {shown.length === 0 ? (
        answer === undefined || isLoading ? null : (
          <NoTraces isSearch={query !== ''} isFailed={sort === 'errors'} />
        )
      ) : (
        <table class="traces" ref={list}>
          <thead>
            <tr>
              <th class="mark">
                <span class="hidden">Compare</span>
              </th>
              <th>Trace</th>
              <th class="services">Services</th>
              <th class="number">Spans</th>
              <th class="number">Failed</th>
              <th class="number duration">Duration</th>
              <th class="number started">Started</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((trace) => (
              <TraceRow
                key={trace.traceId}
                trace={trace}
                longest={longest}
                query={query}
                isMarked={marked.includes(trace.traceId)}
                onMark={mark}
              />
            ))}
          </tbody>
        </table>
      )}
      {answer?.more === true && limit < MOST ? (
        <p class="more">
          <button
            type="button"
            class="button"
            onClick={() => change({ limit: `${Math.min(MOST, limit === LIMIT ? 200 : MOST)}` })}
          >
            Show more
          </button>
        </p>
      ) : null}
    </>
  );
}

function summaryOf(shown: number, more: boolean, isSearch: boolean, sort: string): string {
  const kind = sort === 'slowest' ? 'slowest trace' : sort === 'errors' ? 'failed trace' : 'trace';
  return `${counted(shown, kind)}${isSearch ? ' found' : ''}${more ? ', and there are more' : ''}`;
}

/** New traces come by themselves only while the head of the list is in sight and nobody points at a row or is on one. */
function isFollowing(list: HTMLTableElement | null): boolean {
  if (list === null) return true;
  return scrollY < 8 && !list.matches(':hover') && !list.contains(document.activeElement);
}

function moveFocus(list: HTMLTableElement | null, by: 1 | -1): void {
  const links = [...(list?.querySelectorAll<HTMLAnchorElement>('a.open') ?? [])];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = links[at === -1 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
