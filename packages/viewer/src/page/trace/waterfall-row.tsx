import { classes } from '../shell/classes.ts';
import { count, duration } from '../shell/format.ts';
import { Icon } from '../shell/icon.tsx';
import { memo } from '../shell/memo.ts';
import { colorOf } from '../shell/service-colors.ts';
import { foldStripes } from './fold-stripes.ts';
import { LogRow } from './log-row.tsx';
import { FOLD_ROW, type Rows } from './rows.ts';
import { at, isFailed, nameOf, serviceOf, type TraceModel } from './trace-model.ts';
import type { LogsBySpan } from './waterfall.tsx';

/** What part of the trace is drawn, nanoseconds since its start; `origin` is what the ruler counts from. */
export type TimeRange = { readonly start: number; readonly end: number; readonly origin: number };

export type WaterfallRowProps = {
  readonly model: TraceModel;
  readonly rows: Rows;
  readonly row: number;
  readonly range: TimeRange;
  /** Pixels. */
  readonly top: number;
  readonly logs: LogsBySpan;
  readonly isOpen: boolean | undefined;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly isMatch: boolean;
  readonly showsCritical: boolean;
  readonly onClick: (row: number) => void;
  readonly onToggle: (row: number) => void;
};

/** A span, a fold of spans or a log record in the waterfall. */
export const WaterfallRow = memo(function WaterfallRow(props: WaterfallRowProps) {
  const { model, rows, row, range, isOpen, isMatch } = props;
  const span = rows.span[row] as number;
  const what = rows.what[row] as number;
  const level = rows.level[row] as number;
  if (what >= 0) return <LogRow {...props} log={props.logs.get(span)?.[what]} level={level} />;
  const fold = what === FOLD_ROW ? model.folds[model.foldOf[span] as number] : undefined;
  const service = serviceOf(model, span);
  const parent = model.columns.parents[span] ?? -1;
  const isNewService = level === 0 || parent === -1 || serviceOf(model, parent) !== service;
  const failed = fold === undefined ? isFailed(model, span) : fold.errors > 0;
  const errorsBelow = isOpen === false && fold === undefined ? (model.subtreeErrors[span] ?? 0) - (failed ? 1 : 0) : 0;
  const time = fold === undefined ? at(model.columns.durations, span) : fold.time;
  const selfTime = fold === undefined ? at(model.columns.selfTime, span) : fold.selfTime;
  const isCritical = fold?.isCritical ?? model.critical.has(span);
  return (
    <tr
      id={`row-${row}`}
      class={classes({
        'is-active': props.isActive,
        'is-selected': props.isSelected,
        'is-match': isMatch,
        'is-critical': isCritical,
        'has-failed': failed,
      })}
      aria-level={level + 1}
      aria-rowindex={row + 2}
      aria-expanded={isOpen}
      aria-selected={props.isSelected}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => props.onClick(row)}
    >
      <td class="tree" style={{ '--level': level }}>
        {isOpen === undefined ? (
          <span class="toggle" />
        ) : (
          <button
            type="button"
            class="toggle"
            tabIndex={-1}
            aria-label={isOpen ? 'Close' : 'Open'}
            onClick={(event) => {
              event.stopPropagation();
              props.onToggle(row);
            }}
          >
            <Icon name={isOpen ? 'down' : 'right'} />
          </button>
        )}
        <span class={`dot ${colorOf(service)}`} />
        {fold === undefined ? null : <span class="times">×{count(fold.spans.length)}</span>}
        <span class="name">{nameOf(model, span)}</span>
        {isNewService ? <span class="service">{service}</span> : null}
        {model.asynchronous.has(span) ? <span class="service">async</span> : null}
        {failed ? (
          <span class="failed mark" title="Failed">
            <Icon name="failed" />
            {fold === undefined ? <span class="hidden">Failed</span> : count(fold.errors)}
          </span>
        ) : null}
        {errorsBelow > 0 ? <span class="failed below">{count(errorsBelow)} failed below</span> : null}
      </td>
      <td class="number">{duration(time)}</td>
      <td class="number self" title={`${duration(selfTime)} not spent in spans below`}>
        {duration(selfTime)}
        <span
          class="length"
          style={{ '--share': model.longestSelfTime === 0 ? 0 : Math.min(1, selfTime / model.longestSelfTime) }}
        />
      </td>
      <td class="time">
        {fold === undefined ? (
          <SpanBar
            model={model}
            span={span}
            range={range}
            color={colorOf(service)}
            showsCritical={props.showsCritical}
          />
        ) : (
          <FoldBar model={model} spans={fold.spans} range={range} color={colorOf(service)} />
        )}
      </td>
    </tr>
  );
});

type BarProps = { readonly model: TraceModel; readonly range: TimeRange; readonly color: string };

function SpanBar(props: BarProps & { readonly span: number; readonly showsCritical: boolean }) {
  const { model, span, range } = props;
  const start = at(model.columns.start, span);
  const end = start + at(model.columns.durations, span);
  const segments = props.showsCritical ? model.critical.get(span) : undefined;
  return (
    <>
      <span class={`span-bar ${props.color}`} style={place(start, end, range)} />
      {segments?.map(([from, to]) => (
        <span key={from} class="critical" style={place(from, to, range)} />
      ))}
    </>
  );
}

function FoldBar({ model, spans, range, color }: BarProps & { readonly spans: readonly number[] }) {
  const { start, end, background } = foldStripes(model, spans);
  return <span class={`span-bar fold ${color}`} style={{ ...place(start, end, range), backgroundImage: background }} />;
}

function place(start: number, end: number, range: TimeRange): { left: string; width: string } {
  const length = Math.max(1, range.end - range.start);
  const left = Math.min(1, Math.max(0, (start - range.start) / length));
  const right = Math.min(1, Math.max(0, (end - range.start) / length));
  return { left: `${left * 100}%`, width: `${(right - left) * 100}%` };
}
