import type { ComponentChildren } from 'preact';
import type { SpanDetails as Details, LogsAnswer } from '../../api/messages.ts';
import { SPAN_KINDS } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { CopyButton } from '../shell/copy-button.tsx';
import { duration, moment } from '../shell/format.ts';
import { Icon } from '../shell/icon.tsx';
import { addressOf } from '../shell/route.ts';
import { colorOf } from '../shell/service-colors.ts';
import { severityOf, textOf } from './log-row.tsx';
import { PairList } from './pair-list.tsx';
import { RankLine } from './rank-line.tsx';
import { at, isFailed, nameOf, serviceOf, type TraceModel } from './trace-model.ts';

type SpanDetailsProps = {
  readonly model: TraceModel;
  readonly span: number;
  readonly logs: LogsAnswer['logs'];
  readonly onClose: () => void;
  readonly onFocus: () => void;
};

/** All that is known of a span. Names, keys and values are the sender's and only ever shown as text. */
export function SpanDetails({ model, span, logs, onClose, onFocus }: SpanDetailsProps) {
  const { traceId } = model.columns;
  const spanId = model.columns.spanIds.at(span) ?? '';
  const { answer, problem } = useAnswer<Details>(`traces/${traceId}/spans/${spanId}`);
  const service = serviceOf(model, span);
  const name = nameOf(model, span);
  // While the next span is asked for, the last answer is about another one.
  const details = answer?.spanId === spanId ? answer : undefined;
  return (
    <aside class="details" aria-label="Span details">
      <header>
        <div>
          <p class="service quiet">
            <span class={`dot ${colorOf(service)}`} />
            {service}
          </p>
          <h2 class="split">{name}</h2>
        </div>
        <button
          type="button"
          class="button plain icon"
          aria-label="Close details"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      <dl class="figures">
        <Figure label="Duration" value={duration(at(model.columns.durations, span))} />
        <Figure label="Self time" value={duration(at(model.columns.selfTime, span))} />
        <Figure label="Starts after" value={duration(at(model.columns.start, span))} />
        <Figure label="Kind" value={SPAN_KINDS[at(model.columns.kind, span)] ?? 'internal'} />
      </dl>
      {isFailed(model, span) ? (
        <p class="problem split">
          <strong>Failed</strong>
          {details?.statusMessage === undefined ? null : ` – ${details.statusMessage}`}
        </p>
      ) : null}
      <div class="actions">
        <button type="button" class="button small" title="Only this span and what is below (f)" onClick={onFocus}>
          <Icon name="focus" />
          Focus
        </button>
        <a class="button small" href={addressOf('/', { query: likeThis(service, name), sort: 'slowest' })}>
          <Icon name="search" />
          Others like this
        </a>
        <CopyButton label="Copy id" text={() => spanId} />
      </div>
      {problem === undefined ? null : <p class="problem">{problem.message}</p>}
      {details === undefined ? null : (
        <>
          <RankLine rank={details.rank} time={at(model.columns.durations, span)} />
          <Part title="Attributes" size={details.attributes.length}>
            <PairList pairs={details.attributes} scope="span" />
            <Dropped count={details.droppedAttributes} what="attributes" />
          </Part>
          <Part title="Events" size={details.events.length}>
            {details.events.map((event, index) => (
              <details class="item" key={index} open={details.events.length === 1}>
                <summary>
                  <span class="split">{event.name}</span>
                  <span class="quiet">{duration(event.time)}</span>
                </summary>
                <PairList pairs={event.attributes} />
              </details>
            ))}
            <Dropped count={details.droppedEvents} what="events" />
          </Part>
          <Part title="Logs" size={logs.length}>
            {logs.map((log, index) => (
              <details class="item" key={index}>
                <summary>
                  <span class={`severity ${severityOf(log)}`}>{severityOf(log)}</span>
                  <span class="split">{textOf(log.body)}</span>
                  <span class="quiet">{moment(log.timeUnixNano)}</span>
                </summary>
                <PairList pairs={log.attributes} />
              </details>
            ))}
          </Part>
          <Part title="Links" size={details.links.length}>
            {details.links.map((link) => (
              <div class="item" key={link.spanId}>
                <a class="mono" href={addressOf(`/trace/${link.traceId}`, { span: link.spanId })}>
                  {link.traceId.slice(0, 8)}…/{link.spanId}
                </a>
                <PairList pairs={link.attributes} />
              </div>
            ))}
            <Dropped count={details.droppedLinks} what="links" />
          </Part>
          <Part title="Resource" size={details.resource.length}>
            <PairList pairs={details.resource} scope="resource" />
          </Part>
          <p class="quiet origin">
            Span <code>{spanId}</code>
            {details.scope === undefined ? null : (
              <>
                {' of '}
                <code class="split">
                  {details.scope.name}
                  {details.scope.version === undefined ? '' : `@${details.scope.version}`}
                </code>
              </>
            )}
          </p>
        </>
      )}
    </aside>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

type PartProps = { readonly title: string; readonly size: number; readonly children: ComponentChildren };

function Part({ title, size, children }: PartProps) {
  if (size === 0) return null;
  return (
    <section>
      <h3>
        {title} <span class="quiet">{size}</span>
      </h3>
      {children}
    </section>
  );
}

function Dropped({ count, what }: { readonly count: number; readonly what: string }) {
  return count > 0 ? (
    <p class="quiet">
      {count} more {what} were dropped by the sender.
    </p>
  ) : null;
}

function likeThis(service: string, name: string): string {
  return `{ service = ${JSON.stringify(service)} && name = ${JSON.stringify(name)} }`;
}
