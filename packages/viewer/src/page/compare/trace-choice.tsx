import type { FoundTrace, SearchAnswer, SummariesAnswer } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { duration, moment } from '../shell/format.ts';
import { addressOf } from '../shell/route.ts';
import { colorOf } from '../shell/service-colors.ts';

type TraceChoiceProps = {
  readonly label: string;
  readonly traceId: string;
  /** A trace whose likes are offered first. */
  readonly like?: string;
  readonly onChoose: (traceId: string | undefined) => void;
};

/** A trace to compare: the one that was chosen, or some to choose from. */
export function TraceChoice({ label, traceId, like = '', onChoose }: TraceChoiceProps) {
  const asked = traceId || like;
  const { answer: known } = useAnswer<SummariesAnswer>(
    asked === '' ? undefined : addressOf('summaries', { ids: asked }),
  );
  const trace = known?.traces[0];
  const root = trace?.rootName;
  const query = root === undefined ? '' : `rootName = ${JSON.stringify(root)}`;
  const isAsking = traceId === '' && (like === '' || root !== undefined);
  const { answer } = useAnswer<SearchAnswer>(isAsking ? addressOf('traces', { query, limit: '30' }) : undefined);
  if (traceId !== '') {
    return (
      <section class="choice is-chosen" aria-label={label}>
        <p class="head quiet">
          {label}
          <button type="button" class="link" onClick={() => onChoose(undefined)}>
            Choose another
          </button>
        </p>
        <p class="name">
          <span class={`dot ${colorOf(trace?.rootService ?? '')}`} />
          <a href={`/trace/${traceId}`}>{root ?? traceId.slice(0, 8)}</a>
        </p>
        <p class="figure quiet">
          {trace === undefined ? null : `${duration(trace.duration)}, ${moment(trace.startUnixNano)}`}
        </p>
      </section>
    );
  }
  const others = (answer?.traces ?? []).filter((trace) => trace.traceId !== like);
  return (
    <section class="choice" aria-label={label}>
      <p class="quiet">{label}</p>
      <ul class="offered">
        {others.map((trace) => (
          <li key={trace.traceId}>
            <button type="button" onClick={() => onChoose(trace.traceId)}>
              <Offer trace={trace} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Offer({ trace }: { readonly trace: FoundTrace }) {
  return (
    <>
      <span class={`dot ${colorOf(trace.rootService)}`} />
      <span class="name">
        {trace.rootName === '' ? '(no root yet)' : trace.rootName} <span class="quiet">{trace.rootService}</span>
      </span>
      {trace.errorCount > 0 ? <span class="failed">failed</span> : null}
      <span>{duration(trace.duration)}</span>
      <span class="quiet">{moment(trace.startUnixNano)}</span>
    </>
  );
}
