import { stripVTControlCharacters, styleText } from 'node:util';
import { drawWaterfall, type WaterfallSpan } from '@throughline/sdk/waterfall';
import { SLOW_MS } from '../services/sampling.ts';
import { type Findings, passed, type Shown } from './audit.ts';
import type { Trace } from './trace.ts';
import type { FeedOutcome } from './viewer-feed.ts';

/** Where something is drawn: how many columns and rows there are, and whether they take colour. */
export type Surface = { readonly columns: number; readonly rows: number; readonly color: boolean };

type Style = Parameters<typeof styleText>[0];

const MIN_TRACE_ROWS = 16;
const TURN_MS = 5000;

/** Draws the state of a run on a whole screen: the summary, and as many of the two traces as there is room for. */
export function drawScreen(findings: Findings, elapsedMs: number, surface: Surface, viewerUrl: string): string {
  const head = [drawLink(viewerUrl, surface), ...drawSummary(findings, elapsedMs, surface), ''];
  const room = surface.rows - head.length;
  const slow = drawShown('slow', findings.latestSlow, surface, viewerUrl);
  const failed = drawShown('failed', findings.latestFailed, surface, viewerUrl);
  const both = [...slow, '', ...failed];
  if (both.length <= room) return [...head, ...both].join('\n');
  if (room < 2 * MIN_TRACE_ROWS) {
    // Too low for two: they take turns.
    const turn = Math.floor(elapsedMs / TURN_MS) % 2 === 0 ? slow : failed;
    return [...head, ...cut(turn, room)].join('\n');
  }
  const half = Math.floor((room - 1) / 2);
  const slowRoom = Math.max(half, room - 1 - failed.length);
  const shownSlow = cut(slow, slowRoom);
  return [...head, ...shownSlow, '', ...cut(failed, room - 1 - shownSlow.length)].join('\n');
}

/** Draws everything below each other, however long it gets. */
export function drawReport(findings: Findings, elapsedMs: number, surface: Surface, viewerUrl: string): string {
  return [
    ...drawShown('slow', findings.latestSlow, surface, viewerUrl),
    '',
    ...drawShown('failed', findings.latestFailed, surface, viewerUrl),
    '',
    ...drawSummary(findings, elapsedMs, surface),
  ].join('\n');
}

/** Says in a few lines how the run went. */
export function drawVerdict(findings: Findings, surface: Surface): string {
  const paint = painter(surface.color);
  const { requests, complete, ordinary, dropped, broken, stray, services, lines, linesWithoutIds, problems } = findings;
  if (passed(findings)) {
    return [
      `${paint(['green', 'bold'], 'PASS')}  all ${number(complete - ordinary)} traces that failed or were slow are whole, across ${services} services`,
      `      of ${number(dropped + ordinary)} others ${number(ordinary)} were kept, whole, and ${number(dropped)} dropped`,
      `      all ${number(lines)} log lines carry trace_id, span_id and request_id`,
    ].join('\n');
  }
  if (requests === 0) return `${paint(['red', 'bold'], 'FAIL')}  no request was sent`;
  return [
    `${paint(['red', 'bold'], 'FAIL')}  of ${number(requests)} traces ${number(complete)} are whole, ${number(dropped)} dropped, ${broken} incomplete or wrong, ${stray} of no request`,
    `      ${number(linesWithoutIds)} of ${number(lines)} log lines lack ids`,
    ...problems.map((problem) => `      ${problem}`),
  ].join('\n');
}

/** Says whether the viewer has all spans that were kept. */
export function drawViewed({ sent, received }: FeedOutcome, { color }: Surface): string {
  if (sent === received) return `      the viewer had all ${number(sent)} spans`;
  return `${painter(color)(['red', 'bold'], 'FAIL')}  of ${number(sent)} spans the viewer had ${number(received)}`;
}

/** Where to look at the traces. */
export function drawLinks(viewerUrl: string, surface: Surface): string {
  const paint = painter(surface.color);
  const rows = [
    ['the slowest', '/?sort=slowest'],
    ['what failed', '/?sort=errors'],
    ['who calls whom', '/map'],
  ];
  const links = rows.map(([what = '', path]) => `  ${what.padEnd(16)}${paint('cyan', viewerUrl + path)}`);
  return [drawLink(viewerUrl, surface), ...links].join('\n');
}

function drawLink(viewerUrl: string, { color }: Surface): string {
  const paint = painter(color);
  return `${paint('bold', 'Look at the traces:')} ${paint(['cyan', 'bold'], viewerUrl)}`;
}

function drawSummary(findings: Findings, elapsedMs: number, { columns, color }: Surface): string[] {
  const paint = painter(color);
  const { requests, errors, slow, p50Ms, p95Ms, complete, dropped, pending, broken, stray, lines, linesWithoutIds } =
    findings;
  const bad = (count: number, text: string): string => (count > 0 ? paint('red', text) : text);
  const rows = [
    [
      paint('bold', 'Throughline shop'),
      `${clock(elapsedMs)}`,
      `${number(requests)} requests`,
      `${number(errors)} ${errors === 1 ? 'error' : 'errors'}`,
      `${number(slow)} slow (≥ ${SLOW_MS} ms)`,
      `p50 ${Math.round(p50Ms)} ms`,
      `p95 ${Math.round(p95Ms)} ms`,
    ],
    [
      `traces: ${number(complete)} kept whole`,
      `${number(dropped)} dropped`,
      `${number(pending)} awaited`,
      bad(broken + stray, `${number(broken + stray)} broken`),
      `log lines: ${number(lines)}`,
      bad(linesWithoutIds, `${number(linesWithoutIds)} without ids`),
    ],
  ];
  const [problem] = findings.problems;
  const first = problem === undefined ? [] : [paint('red', problem.slice(0, columns))];
  return [...rows.flatMap((parts) => wrap(parts, columns)), ...first];
}

// Lines are broken between parts only; colour takes no room.
function wrap(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const joined = lines.length === 0 ? part : `${lines.at(-1)} · ${part}`;
    if (lines.length > 0 && stripVTControlCharacters(joined).length <= columns) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

function drawShown(
  what: 'slow' | 'failed',
  shown: Shown | undefined,
  { columns, color }: Surface,
  viewerUrl: string,
): string[] {
  const paint = painter(color);
  const title = `Latest ${what} trace`;
  if (shown === undefined) return [`${paint('bold', title)} · none yet`];
  const { answer } = shown;
  const age = Math.max(0, Math.round((Date.now() - answer.atMs) / 1000));
  const heading = `${paint('bold', title)} · ${answer.scenario}, status ${answer.status}, ${age} s ago`;
  const link = paint('cyan', `${viewerUrl}/trace/${shown.spans[0]?.traceId}`);
  return [heading, link, ...drawWaterfall(withLogs(shown), { width: columns, color }).trimEnd().split('\n')];
}

function withLogs({ spans, lines }: Trace): WaterfallSpan[] {
  return spans.map((span) => ({ ...span, logs: lines.filter((line) => line.spanId === span.spanId) }));
}

function cut(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const hidden = lines.length - rows + 1;
  return rows < 1 ? [] : [...lines.slice(0, rows - 1), `… ${hidden} more lines: a higher terminal shows them`];
}

function painter(color: boolean): (style: Style, text: string) => string {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
