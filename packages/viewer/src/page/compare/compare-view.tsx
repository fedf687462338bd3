import { useEffect } from 'preact/hooks';
import type { ComparisonAnswer, RunComparisonAnswer, RunsAnswer } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { addressOf, change, type Route } from '../shell/route.ts';
import { Anomalies } from './anomalies.tsx';
import { ComparedPaths } from './compared-paths.tsx';
import { RunChoice } from './run-choice.tsx';
import { TraceChoice } from './trace-choice.tsx';
import './compare.css';

/** Two traces, or this run and an earlier one, path by path. */
export function CompareView({ route: { parameters } }: { readonly route: Route }) {
  const isRuns = parameters.get('of') === 'runs';
  const before = parameters.get('before') ?? '';
  const after = parameters.get('after') ?? '';
  const isComplete = before !== '' && after !== '';
  useEffect(() => {
    document.title = 'Compare';
  }, []);
  return (
    <>
      <div class="view-head">
        <h1>Compare</h1>
        <fieldset class="segments" aria-label="What to compare">
          <button type="button" aria-pressed={!isRuns} onClick={() => change(ANEW)}>
            Two traces
          </button>
          <button type="button" aria-pressed={isRuns} onClick={() => change({ ...ANEW, of: 'runs' })}>
            Two runs
          </button>
        </fieldset>
      </div>
      {isRuns ? <Runs before={before} after={after} /> : <Traces before={before} after={after} />}
      {isComplete || isRuns ? null : (
        <p class="quiet hint">Traces can also be chosen in the list, by the boxes on the left.</p>
      )}
    </>
  );
}

const ANEW = { of: undefined, before: undefined, after: undefined };

type Pair = { readonly before: string; readonly after: string };

function Traces({ before, after }: Pair) {
  const isComplete = before !== '' && after !== '';
  const { answer, problem } = useAnswer<ComparisonAnswer>(
    isComplete ? addressOf('compare', { before, after }) : undefined,
  );
  return (
    <>
      <div class="choices">
        <TraceChoice label="Before" traceId={before} onChoose={(id) => change({ before: id })} />
        <button
          type="button"
          class="button small"
          disabled={!isComplete}
          onClick={() => change({ before: after, after: before })}
        >
          Swap
        </button>
        <TraceChoice label="After" traceId={after} like={before} onChoose={(id) => change({ after: id })} />
      </div>
      {problem === undefined ? null : <p class="problem">{problem.message}</p>}
      {answer === undefined || !isComplete ? null : <ComparedPaths comparison={answer} />}
    </>
  );
}

function Runs({ before, after }: Pair) {
  const { answer: runs } = useAnswer<RunsAnswer>('runs');
  const all = runs?.runs ?? [];
  const newest = all.toSorted((a, b) => b.id - a.id);
  const chosenAfter = after || `${newest[0]?.id ?? ''}`;
  const chosenBefore = before || `${newest[1]?.id ?? ''}`;
  const isComplete = chosenAfter !== '' && chosenBefore !== '';
  const { answer, problem } = useAnswer<RunComparisonAnswer>(
    isComplete ? addressOf('compare-runs', { before: chosenBefore, after: chosenAfter }) : undefined,
  );
  if (runs === undefined) return null;
  if (newest.length < 2) {
    return (
      <div class="nothing">
        <h2>There is one run so far</h2>
        <p>A run begins when the viewer starts, or with this button: what comes from then on belongs to it.</p>
        <p>
          <NewRun />
        </p>
      </div>
    );
  }
  return (
    <>
      <div class="choices">
        <RunChoice label="Before" runs={newest} chosen={chosenBefore} onChoose={(run) => change({ before: run })} />
        <RunChoice label="After" runs={newest} chosen={chosenAfter} onChoose={(run) => change({ after: run })} />
        <NewRun />
      </div>
      {problem === undefined ? null : <p class="problem">{problem.message}</p>}
      {answer === undefined ? null : (
        <>
          <Anomalies anomalies={answer.anomalies} />
          <ComparedPaths comparison={answer} />
        </>
      )}
    </>
  );
}

function NewRun() {
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        void fetch('/api/viewer/runs', { method: 'POST' }).then(() => location.reload());
      }}
    >
      Start a new run
    </button>
  );
}
