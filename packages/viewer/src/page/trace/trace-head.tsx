import { useMemo } from 'preact/hooks';
import type { BottlenecksAnswer } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { CopyButton } from '../shell/copy-button.tsx';
import { count, counted, duration, moment, percent } from '../shell/format.ts';
import { addressOf } from '../shell/route.ts';
import { colorOf } from '../shell/service-colors.ts';
import { at, nameOf, serviceOf, type TraceModel } from './trace-model.ts';

type TraceHeadProps = { readonly model: TraceModel; readonly onSpan: (span: number) => void };

const SERVICES_SHOWN = 6;
const BOTTLENECKS_SHOWN = 3;
const KINDS: Readonly<Record<string, string>> = {
  'n+1': 'N+1 calls',
  cpu: 'CPU',
  sequential: 'Could run in parallel',
};

/** What a trace is and where its time went. */
export function TraceHead({ model, onSpan }: TraceHeadProps) {
  const { columns } = model;
  const { traceId, warnings } = columns;
  const shares = useMemo(() => criticalShares(model), [model]);
  const { answer } = useAnswer<BottlenecksAnswer>(`traces/${traceId}/bottlenecks`);
  const root = model.roots[0] ?? 0;
  const worst = answer?.bottlenecks.slice(0, BOTTLENECKS_SHOWN) ?? [];
  return (
    <header class="trace-head">
      <div class="title">
        <p class="service quiet">
          <span class={`dot ${colorOf(serviceOf(model, root))}`} />
          {serviceOf(model, root)}
        </p>
        <h1 class="split">{nameOf(model, root)}</h1>
      </div>
      <dl class="figures">
        <Figure label="Duration" value={duration(columns.duration)} />
        <Figure label="Spans" value={count(model.spanCount)} />
        <Figure label="Failed" value={count(model.errors.length)} isFailed={model.errors.length > 0} />
        <Figure label="Services" value={count(columns.services.length)} />
        <Figure label="Started" value={moment(columns.startUnixNano)} />
      </dl>
      <div class="actions">
        <CopyButton label="OTLP JSON" title="Copy the trace as OTLP JSON" text={() => otlpOf(traceId)} />
        <CopyButton label={traceId.slice(0, 8)} title={`Copy the trace id ${traceId}`} text={() => traceId} />
        <a class="button small" href={addressOf('/compare', { before: traceId })}>
          Compare
        </a>
      </div>
      <div class="where">
        <div class="share-bar" aria-hidden="true">
          {shares.map(({ service, share }) => (
            <span key={service} class={colorOf(service)} style={{ flexGrow: share }} />
          ))}
        </div>
        <ul class="legend" aria-label="Share of the critical path">
          {shares.slice(0, SERVICES_SHOWN).map(({ service, share }) => (
            <li key={service}>
              <span class={`dot ${colorOf(service)}`} />
              {service} <span class="quiet">{percent(share)}</span>
            </li>
          ))}
          {shares.length > SERVICES_SHOWN ? <li class="quiet">+{shares.length - SERVICES_SHOWN}</li> : null}
        </ul>
        {/* Its room is kept while it is asked for, so that nothing below moves. */}
        <ul class="bottlenecks" aria-label="Bottlenecks">
          {worst.map(({ kind, service, name, spans, spanCount, drag }) => (
            <li key={`${kind} ${service} ${name}`}>
              <button type="button" class="button small" onClick={() => spans[0] !== undefined && onSpan(spans[0])}>
                <span class="quiet">{KINDS[kind] ?? `${kind[0]?.toUpperCase()}${kind.slice(1)}`}</span>
                <span class="name">{name}</span>
                {spanCount > 1 ? <span class="quiet">×{count(spanCount)}</span> : null}
                <span class="quiet" title="What the request would save if this took no time">
                  saves up to <strong>{duration(drag)}</strong>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {columns.warningCount === 0 ? null : (
        <details class="warnings">
          <summary>{counted(columns.warningCount, 'flaw')} in this trace</summary>
          <ul>
            {warnings.map(({ spanId, message }, index) => (
              <li key={index} class="split">
                {message} <code>{spanId}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </header>
  );
}

type FigureProps = { readonly label: string; readonly value: string; readonly isFailed?: boolean };

function Figure({ label, value, isFailed = false }: FigureProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class={isFailed ? 'failed' : undefined}>{value}</dd>
    </div>
  );
}

/** How much of the critical path each service has, the most first. */
function criticalShares({ columns }: TraceModel): { service: string; share: number }[] {
  const { criticalPath, services } = columns;
  const times = new Array<number>(services.length).fill(0);
  let total = 0;
  for (const [index, span] of criticalPath.span.entries()) {
    const time = at(criticalPath.end, index) - at(criticalPath.start, index);
    const service = at(columns.service, span);
    times[service] = (times[service] ?? 0) + time;
    total += time;
  }
  return services
    .map((service, index) => ({ service, share: total === 0 ? 0 : (times[index] ?? 0) / total }))
    .sort((a, b) => b.share - a.share);
}

async function otlpOf(traceId: string): Promise<string> {
  const response = await fetch(`/api/viewer/traces/${traceId}/otlp`);
  if (!response.ok) throw new Error(`The viewer answered ${response.status}.`);
  return response.text();
}
