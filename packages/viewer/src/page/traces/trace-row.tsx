import type { FoundTrace } from '../../api/messages.ts';
import { count, counted, duration, moment } from '../shell/format.ts';
import { Icon } from '../shell/icon.tsx';
import { addressOf } from '../shell/route.ts';
import { colorOf } from '../shell/service-colors.ts';

type TraceRowProps = {
  readonly trace: FoundTrace;
  /** The longest duration of the list, nanoseconds: what the bar is full at. */
  readonly longest: number;
  readonly query: string;
  readonly isMarked: boolean;
  readonly onMark: (trace: FoundTrace) => void;
};

const SERVICES_SHOWN = 4;

/** A trace in the list. All of the row is the link. */
export function TraceRow({ trace, longest, query, isMarked, onMark }: TraceRowProps) {
  const { traceId, rootService, rootName, spanCount, errorCount, matchCount, services } = trace;
  const shown = services.slice(0, SERVICES_SHOWN);
  const name = rootName === '' ? '(no root yet)' : rootName;
  return (
    <tr class={isMarked ? 'is-marked' : undefined}>
      <td class="mark">
        <input
          type="checkbox"
          checked={isMarked}
          aria-label={`Compare ${name}`}
          title="Choose to compare"
          onChange={() => onMark(trace)}
        />
      </td>
      <td class="what">
        <a class="open" href={addressOf(`/trace/${traceId}`, { query })}>
          {name}
        </a>
        <span class="service quiet">
          <span class={`dot ${colorOf(rootService)}`} />
          <span class="text">{rootService}</span>
          {query !== '' && matchCount > 0 ? <span class="matches">{count(matchCount)} matching</span> : null}
        </span>
      </td>
      <td class="services">
        <div class="chips">
          {shown.map((service) => (
            <span key={service.name} class="chip" title={`${service.name}, ${counted(service.spanCount, 'span')}`}>
              <span class={`dot ${colorOf(service.name)}`} />
              <span class="text">{service.name}</span>
            </span>
          ))}
          {services.length > shown.length ? <span>+{services.length - shown.length}</span> : null}
        </div>
      </td>
      <td class="number spans">{count(spanCount)}</td>
      <td class="number errors">
        {errorCount > 0 ? (
          <span class="failed">
            <Icon name="failed" />
            {count(errorCount)}
          </span>
        ) : null}
      </td>
      <td class="number duration">
        {duration(trace.duration)}
        <span class="length" style={{ '--share': longest === 0 ? 0 : trace.duration / longest }} />
      </td>
      <td class="number started quiet">{moment(trace.startUnixNano)}</td>
    </tr>
  );
}
