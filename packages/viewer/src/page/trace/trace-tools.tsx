import type { RefObject } from 'preact';
import type { ApiProblem } from '../shell/api.ts';
import { count } from '../shell/format.ts';
import { Icon } from '../shell/icon.tsx';
import { change } from '../shell/route.ts';
import { SearchBox } from '../traces/search-box.tsx';
import type { TraceModel } from './trace-model.ts';
import type { TraceState } from './trace-state.ts';

type TraceToolsProps = {
  readonly model: TraceModel;
  readonly state: TraceState;
  readonly box: RefObject<HTMLInputElement | null>;
  readonly matchCount: number | undefined;
  readonly problem: ApiProblem | undefined;
  readonly onError: (by: 1 | -1) => void;
  readonly onMatch: (by: 1 | -1) => void;
};

/** Search within a trace, jumps, and what to show. */
export function TraceTools({ model, state, box, matchCount, problem, onError, onMatch }: TraceToolsProps) {
  const { showsCritical, showsLogs, isFlameGraph, query } = state;
  const { logCount } = model.columns;
  return (
    <div class="trace-tools" role="toolbar" aria-label="Trace">
      <SearchBox
        box={box}
        query={query}
        label="Search in this trace"
        placeholder="Find spans: text, duration > 10ms, status = error"
        problem={problem}
        onQuery={(next) => change({ query: next })}
        onEnter={() => onMatch(1)}
      />
      <Jump
        label={query === '' ? 'Matches' : `${count(matchCount ?? 0)} found`}
        what="match"
        keys="n"
        isOff={query === '' || matchCount === 0}
        onJump={onMatch}
      />
      <Jump
        label={`${count(model.errors.length)} failed`}
        what="error"
        keys="e"
        isOff={model.errors.length === 0}
        onJump={onError}
      />
      <button
        type="button"
        class="button"
        aria-pressed={showsCritical}
        title="What the request waited for (c)"
        onClick={() => change({ critical: showsCritical ? undefined : '1' })}
      >
        Critical path
      </button>
      {logCount === 0 ? null : (
        <button
          type="button"
          class="button"
          aria-pressed={showsLogs}
          title="Logs under their spans (l)"
          onClick={() => change({ logs: showsLogs ? undefined : '1' })}
        >
          Logs <span class="quiet">{count(logCount)}</span>
        </button>
      )}
      <fieldset class="segments" aria-label="View">
        <button type="button" aria-pressed={!isFlameGraph} onClick={() => change({ view: undefined })}>
          Waterfall
        </button>
        <button type="button" aria-pressed={isFlameGraph} onClick={() => change({ view: 'flame' })}>
          Flame graph
        </button>
      </fieldset>
    </div>
  );
}

type JumpProps = {
  readonly label: string;
  readonly what: string;
  readonly keys: string;
  readonly isOff: boolean;
  readonly onJump: (by: 1 | -1) => void;
};

function Jump({ label, what, keys, isOff, onJump }: JumpProps) {
  return (
    <span class="jump">
      <span class="label quiet">{label}</span>
      <button
        type="button"
        class="button plain icon"
        disabled={isOff}
        aria-label={`Previous ${what}`}
        title={`Previous ${what} (${keys.toUpperCase()})`}
        onClick={() => onJump(-1)}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        class="button plain icon"
        disabled={isOff}
        aria-label={`Next ${what}`}
        title={`Next ${what} (${keys})`}
        onClick={() => onJump(1)}
      >
        <Icon name="down" />
      </button>
    </span>
  );
}
