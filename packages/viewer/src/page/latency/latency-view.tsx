import { useEffect, useRef } from 'preact/hooks';
import type { DifferencesAnswer, HeatMap } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { counted, duration, momentOfMs } from '../shell/format.ts';
import { useKeys } from '../shell/keys.ts';
import { addressOf, change, type Route } from '../shell/route.ts';
import { SearchBox } from '../traces/search-box.tsx';
import '../traces/traces.css';
import { Differences } from './differences.tsx';
import { HeatGrid } from './heat-grid.tsx';
import './latency.css';

const COLUMNS = '80';
/** Entries are what people wait for. */
const ENTRIES = 'kind = server';

/** When spans started and how long they took; and what tells those that are selected from the rest. */
export function LatencyView({ route: { parameters } }: { readonly route: Route }) {
  const query = parameters.get('query') ?? ENTRIES;
  const selection = {
    selectFromMs: parameters.get('selectFromMs') ?? undefined,
    selectToMs: parameters.get('selectToMs') ?? undefined,
    minDuration: parameters.get('minDuration') ?? undefined,
    maxDuration: parameters.get('maxDuration') ?? undefined,
    errors: parameters.get('errors') ?? undefined,
  };
  const isSelected = Object.values(selection).some((value) => value !== undefined);
  const { answer, problem } = useAnswer<HeatMap>(addressOf('heatmap', { query, columns: COLUMNS }));
  const { answer: differences, isLoading } = useAnswer<DifferencesAnswer>(
    isSelected ? addressOf('differences', { query, ...selection }) : undefined,
  );
  const box = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => box.current?.select(), Escape: () => select({}) });
  useEffect(() => {
    document.title = 'Latency';
  }, []);
  return (
    <>
      <div class="view-head">
        <h1>Latency</h1>
        <SearchBox
          box={box}
          query={query}
          label="Which spans"
          placeholder="Which spans: service = shop AND kind = server"
          problem={problem}
          onQuery={(next) => change({ query: next === '' ? '{}' : next, ...NO_SELECTION })}
        />
        <div class="segments" role="toolbar" aria-label="Select">
          <button
            type="button"
            aria-pressed={isSelected && selection.minDuration !== undefined && selection.selectFromMs === undefined}
            onClick={() => select({ minDuration: `${answer === undefined ? 0 : slowestBound(answer)}` })}
          >
            Slowest
          </button>
          <button
            type="button"
            aria-pressed={selection.errors !== undefined}
            onClick={() => select({ errors: 'true' })}
          >
            Failed
          </button>
          <button type="button" disabled={!isSelected} onClick={() => select({})}>
            Clear
          </button>
        </div>
      </div>
      {answer === undefined ? (
        problem === undefined ? (
          <p class="waiting">Counting spans</p>
        ) : null
      ) : answer.spans === 0 ? (
        <div class="nothing">
          <h2>No spans</h2>
          <p>No span that was received matches.</p>
        </div>
      ) : (
        <>
          <HeatGrid map={answer} selection={selection} onSelect={select} />
          <p class="selection quiet" aria-live="polite">
            {isSelected
              ? describe(selection)
              : `${counted(answer.spans, 'span')}. Draw a box around those that look odd, by mouse or keys, to see what they have in common.`}
          </p>
        </>
      )}
      {isSelected && differences !== undefined ? (
        <Differences answer={differences} query={query} isLoading={isLoading} />
      ) : null}
    </>
  );
}

type Selection = {
  readonly selectFromMs?: string | undefined;
  readonly selectToMs?: string | undefined;
  readonly minDuration?: string | undefined;
  readonly maxDuration?: string | undefined;
  readonly errors?: string | undefined;
};

const NO_SELECTION = {
  selectFromMs: undefined,
  selectToMs: undefined,
  minDuration: undefined,
  maxDuration: undefined,
  errors: undefined,
};

function select(selection: Selection): void {
  change({ ...NO_SELECTION, ...selection });
}

/** The duration that about one span in twenty takes longer than: the lower bound of a row. */
function slowestBound({ bounds, cells, counts, columns, spans }: HeatMap): number {
  let above = 0;
  for (let index = cells.length - 1; index >= 0; index--) {
    above += counts[index] ?? 0;
    if (above >= spans / 20) return bounds[Math.floor((cells[index] ?? 0) / columns) - 1] ?? 0;
  }
  return 0;
}

function describe({ selectFromMs, selectToMs, minDuration, maxDuration, errors }: Selection): string {
  const parts = [errors === undefined ? 'Spans' : 'Failed spans'];
  if (minDuration !== undefined) parts.push(`that took ${duration(Number(minDuration))}`);
  if (maxDuration !== undefined) parts.push(`to ${duration(Number(maxDuration))}`);
  else if (minDuration !== undefined) parts.push('or more');
  if (selectFromMs !== undefined) parts.push(`from ${momentOfMs(Number(selectFromMs))}`);
  if (selectToMs !== undefined) parts.push(`to ${momentOfMs(Number(selectToMs))}`);
  return parts.join(' ');
}
