import type { LogsAnswer, Value } from '../../api/messages.ts';
import { classes } from '../shell/classes.ts';
import { duration } from '../shell/format.ts';
import type { WaterfallRowProps } from './waterfall-row.tsx';

export type LogRecord = LogsAnswer['logs'][number];

type LogRowProps = WaterfallRowProps & { readonly log: LogRecord | undefined; readonly level: number };

/** A log record under its span. */
export function LogRow({ log, level, row, top, isActive, model, range, onClick }: LogRowProps) {
  if (log === undefined) return null;
  const time = Number(BigInt(log.timeUnixNano) - BigInt(model.columns.startUnixNano));
  const left = (time - range.start) / Math.max(1, range.end - range.start);
  return (
    <tr
      id={`row-${row}`}
      class={classes({ 'log-row': true, 'is-active': isActive })}
      aria-level={level + 1}
      aria-rowindex={row + 2}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onClick(row)}
    >
      <td class="tree" style={{ '--level': level }}>
        <span class="toggle" />
        <span class={`severity ${severityOf(log)}`}>{severityOf(log)}</span>
        <span class="name">{textOf(log.body)}</span>
      </td>
      <td class="number quiet">{duration(time)}</td>
      <td class="self" />
      <td class="time">{left >= 0 && left <= 1 ? <span class="moment" style={{ left: `${left * 100}%` }} /> : null}</td>
    </tr>
  );
}

const SEVERITIES = ['log', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** How severe a record is, in a word. */
export function severityOf({ severity }: LogRecord): string {
  return SEVERITIES[Math.min(6, Math.ceil(severity / 4))] ?? 'log';
}

/** A value in a line of text. */
export function textOf(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
