import { columnsOf, cut, fit, printable } from './terminal-text.ts';
import { drawBar } from './waterfall-bar.ts';
import { type TreeRow, treeRows } from './waterfall-tree.ts';

/** A span to draw, in plain values. */
export type WaterfallSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly name: string;
  readonly service: string;
  readonly kind?: string | undefined;
  /** In milliseconds since the epoch, with fractions. */
  readonly startMs: number;
  readonly durationMs: number;
  /** What failed, such as `error.type`; a span that has it is drawn as failed. */
  readonly error?: string | undefined;
  /** Such as the HTTP status code. */
  readonly status?: string | undefined;
  /** Written below the span. */
  readonly logs?: readonly WaterfallLog[] | undefined;
};

/** A log line that was written inside a span. */
export type WaterfallLog = {
  /** In milliseconds since the epoch. */
  readonly timeMs: number;
  readonly level: string;
  readonly message: string;
  /** Shown if it is not the span's own. */
  readonly service?: string | undefined;
};

/** Where a waterfall is drawn. */
export type WaterfallOptions = {
  /**
   * How many columns there are; at least 40 are used.
   * @default those of the terminal, 100 if there is none
   */
  width?: number | undefined;
  /**
   * Whether to use terminal colours. Failed spans are marked `✗` either way.
   * @default when stdout is a terminal and `NO_COLOR` is not set
   */
  color?: boolean | undefined;
};

/**
 * Draws one trace as a tree with bars on a common time scale, durations, statuses and log lines, for a terminal. Takes
 * what it gets: missing parents, several roots, cycles, repeated spans, and names with control characters, which are made
 * visible. Returns lines that each end with a newline; the empty string for no spans. If the spans are of several traces,
 * that of the first one is drawn.
 */
export function drawWaterfall(given: readonly WaterfallSpan[], options: WaterfallOptions = {}): string {
  const traceId = given[0]?.traceId;
  const width = columnsOfTerminal(options.width);
  const rows = treeRows(
    given.filter((span) => span.traceId === traceId),
    Math.floor(width / 16),
  );
  if (rows.length === 0) return '';
  const { startMs, durationMs } = extent(rows);
  const services = new Map([...new Set(rows.map(({ span }) => span.service))].map((name, index) => [name, index]));
  const { color = hasColor() } = options;
  const paint = (style: string, text: string): string => (color && text !== '' ? `\x1b[${style}m${text}\x1b[0m` : text);
  const { service, label, status, bar, duration } = layout(rows, durationMs, width);

  const lines = [header(rows, durationMs, services.size, width, paint)];
  for (const row of rows) {
    const { span } = row;
    const failed = span.error !== undefined;
    const hue = PALETTE[(services.get(span.service) ?? 0) % PALETTE.length] as string;
    const from = Number.isFinite(span.startMs) ? span.startMs - startMs : 0;
    const scale = durationMs === 0 ? 0 : bar / durationMs;
    const name = fit(row.branch + printable(span.name) + failure(span), label);
    lines.push(
      [
        paint(hue, fit(printable(span.service), service)),
        paint(DIM, name.slice(0, row.branch.length)) + paint(failed ? RED : BRIGHT, name.slice(row.branch.length)),
        paint(RED, failed ? '✗' : ' ') +
          paint(failed ? RED : DIM, printable(span.status).padStart(status).slice(-status)),
        paint(failed ? RED : hue, fit(drawBar(from * scale, (from + lasted(span)) * scale, bar), bar)),
        formatDuration(lasted(span)).padStart(duration),
      ].join(' '),
    );
    for (const log of span.logs ?? []) {
      const offset = Number.isFinite(log.timeMs) ? `+${formatDuration(Math.max(0, log.timeMs - startMs))}` : '+?';
      const foreign = log.service === undefined || log.service === span.service ? '' : printable(log.service);
      const level = printable(log.level).toUpperCase();
      const text = `${offset} ${level} ${printable(log.message)}`;
      lines.push(
        `${paint(DIM, `${fit(foreign, service)} ${row.guide}`)}${paint(levelStyle(level), cut(text, width - service - 1 - columnsOf(row.guide)))}`,
      );
    }
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function columnsOfTerminal(wanted: number | undefined): number {
  const columns = Number.isFinite(wanted) ? (wanted as number) : process.stdout.columns || 100;
  return Math.max(40, Math.floor(columns));
}

type Paint = (style: string, text: string) => string;

const RED = '31';
const DIM = '2';
const BRIGHT = '0';
const PALETTE = ['36', '35', '34', '32', '33', '96', '95', '94', '92', '93'];

/** The time that the spans take together; from the first start to the last end. */
function extent(rows: readonly TreeRow[]): { startMs: number; durationMs: number } {
  let startMs = Number.POSITIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { span } of rows) {
    if (!Number.isFinite(span.startMs)) continue;
    startMs = Math.min(startMs, span.startMs);
    endMs = Math.max(endMs, span.startMs + lasted(span));
  }
  return startMs === Number.POSITIVE_INFINITY
    ? { startMs: 0, durationMs: 0 }
    : { startMs, durationMs: endMs - startMs };
}

function lasted({ durationMs }: WaterfallSpan): number {
  return durationMs > 0 && Number.isFinite(durationMs) ? durationMs : 0;
}

function hasColor(): boolean {
  return process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

type Layout = { service: number; label: number; status: number; bar: number; duration: number };

// Columns are as wide as what is in them; bars take what is left, and a third of the width at the least.
function layout(rows: readonly TreeRow[], durationMs: number, width: number): Layout {
  const widest = { service: 0, label: 0, status: 1, duration: formatDuration(durationMs).length };
  for (const { span, branch } of rows) {
    widest.service = Math.max(widest.service, columnsOf(printable(span.service)));
    widest.label = Math.max(widest.label, columnsOf(branch + printable(span.name) + failure(span)));
    widest.status = Math.max(widest.status, printable(span.status).length);
    widest.duration = Math.max(widest.duration, formatDuration(lasted(span)).length);
  }
  const service = Math.min(widest.service, Math.floor(width / 6));
  const status = Math.min(widest.status, 5);
  const room = width - service - status - widest.duration - 5; // four blanks between the columns and one mark
  const label = Math.min(widest.label, room - Math.floor(width * 0.3));
  return { service, label, status, bar: room - label, duration: widest.duration };
}

function header(rows: readonly TreeRow[], durationMs: number, services: number, width: number, paint: Paint): string {
  const { span } = rows[0] as TreeRow;
  const counts = `${counted(rows.length, 'span')} · ${counted(services, 'service')}`;
  const text = `trace ${printable(span.traceId)} · ${formatDuration(durationMs)} · ${counts} · ${printable(span.name)}`;
  return paint('1', cut(text, width));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

// The status says it already when `error.type` is the status code.
function failure({ error, status }: WaterfallSpan): string {
  return error === undefined || error === '' || error === status ? '' : ` ${printable(error)}`;
}

function formatDuration(ms: number): string {
  if (ms < 0.1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

function levelStyle(level: string): string {
  if (/^(ERROR|FATAL|CRIT)/.test(level)) return RED;
  return level.startsWith('WARN') ? '33' : DIM;
}
