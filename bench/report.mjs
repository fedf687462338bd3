import { busyWarning } from './machine.mjs';
import { VARIANTS } from './matrix.mjs';
import { viewerTables } from './viewer/report.mjs';

/** The results as Markdown. */
export function report({ http, parts, instructions, startup, weight, analysis, viewer }) {
  const sections = ['# Results', 'Written by the benchmark: see `bench/README.md` for how, and what the columns mean.'];
  if (http !== undefined)
    sections.push('## Requests', place(http.machine), ...http.cells.map(cell), ...http.checks.map(kept));
  if (parts !== undefined) sections.push('## Single parts', place(parts.machine), ...partTables(parts));
  if (instructions !== undefined)
    sections.push('## Instructions', where(instructions.machine), instructionsTable(instructions));
  if (startup !== undefined)
    sections.push('## Start', place(startup.machine), `${startup.framework}:`, startTable(startup));
  if (weight !== undefined) sections.push('## Installed weight', place(weight.machine), weightTable(weight));
  if (analysis !== undefined) sections.push('## Analysis', place(analysis.machine), analysis.text);
  if (viewer !== undefined) sections.push('## Viewer', viewerPlace(viewer), viewerTables(viewer).text);
  return `${sections.join('\n\n')}\n`;
}

function instructionsTable({ rows }) {
  const columns = ['', 'route', 'no tracing', 'instructions/request', 'ratio'];
  const number = (value) => value.toLocaleString('en');
  const lines = rows.map(({ framework, route, variant, bare, instructions, ratio }) => [
    VARIANTS[variant].title,
    `${framework}, ${route}`,
    number(bare),
    number(instructions),
    ratio.toFixed(2),
  ]);
  return `Outside of the kernel.\n\n${table(columns, lines)}`;
}

function viewerPlace({ machine, loadAfter, quick }) {
  const short = quick ? ' A short run.' : '';
  return `${place(machine)} At the end, with the load of the benchmark itself: ${loadAfter.join(', ')}.${short}`;
}

function place(machine) {
  const warning = busyWarning(machine);
  return warning === undefined ? where(machine) : `${where(machine)}\n\n**${warning}**`;
}

function where({ date, node, system, processor, cores, loadAverage }) {
  return `${date}, Node.js ${node}, ${cores} × ${processor}, ${system}, load average ${loadAverage.join(', ')}.`;
}

function cell({ framework, route, rounds, warmUpSeconds, rows, profiles }) {
  const control = rows.find(({ variant }) => variant === 'control');
  const columns = ['', 'CPU ratio', 'spread', 'µs/request', 'p50 ms', 'p99 ms', 'RSS MB', 'exported B/request'];
  if (profiles !== undefined) columns.push('heap B/request', 'loop p99 ms');
  const lines = rows.map((row) => {
    const { variant, ratio, ratioFrom, ratioTo, cpuMicroseconds, p50, p99, residentMegabytes, exportedBytes } = row;
    const cells = [
      VARIANTS[variant].title,
      ratio.toFixed(2),
      `${ratioFrom.toFixed(2)}–${ratioTo.toFixed(2)}`,
      cpuMicroseconds.toFixed(0),
      p50.toFixed(1),
      p99.toFixed(1),
      residentMegabytes.toFixed(0),
      exportedBytes.toFixed(0),
    ];
    const own = profiles?.[variant];
    if (own !== undefined) cells.push(own.allocatedBytes.toFixed(0), own.loopDelay99.toFixed(1));
    return cells;
  });
  const title = `### ${framework}, ${route}`;
  return `${title}\n\nControl ${control.ratio.toFixed(2)} (${control.ratioFrom.toFixed(2)}–${control.ratioTo.toFixed(2)}), ${rounds} rounds after ${warmUpSeconds.toFixed(1)} s of load each.\n\n${table(columns, lines)}`;
}

function kept({ framework, verdicts, delivered, leftOut, remarks }) {
  const lines = Object.entries(verdicts).map(([variant, { spansPerRequest, problems }]) => [
    VARIANTS[variant].title,
    Object.entries(spansPerRequest)
      .map(([route, count]) => `${route} ${count.toFixed(1)}`)
      .join(', '),
    delivered[variant] === undefined ? '' : `${(delivered[variant] * 100).toFixed(delivered[variant] < 0.1 ? 1 : 0)} %`,
    [...problems, ...(remarks[variant] === undefined ? [] : [remarks[variant]])].join('; ') || 'whole',
  ]);
  for (const [variant, reason] of Object.entries(leftOut))
    lines.push([VARIANTS[variant].title, '', '', `left out: ${reason}`]);
  const columns = ['', 'spans a trace', 'requests whose span arrived', 'check'];
  return `### ${framework}: what arrived\n\n${table(columns, lines)}`;
}

function partTables({ calls, lines, rows }) {
  const costs = rows
    .filter(({ part }) => part !== 'export')
    .map(({ title, bare, median, from, to, control, rounds }) => [
      title,
      ...[bare, median].map((value) => value.toFixed(2)),
      `${from.toFixed(2)}–${to.toFixed(2)}`,
      control.toFixed(2),
      rounds,
    ]);
  const exports = rows
    .filter(({ part }) => part === 'export')
    .map(({ title, spans, loop, over, from, to, late99, cpu, rounds }) => [
      title,
      spans,
      ...[loop, over].map(percent),
      `${percent(from)}–${percent(to)}`,
      late99.toFixed(2),
      percent(cpu),
      rounds,
    ]);
  const tables = [];
  if (costs.length > 0) {
    const columns = ['', 'µs without', 'µs more', 'spread', 'the control, more', 'rounds'];
    const explained = `Processor time of all threads, within the span of a request, in turns of ${calls} calls and ${lines} lines.`;
    tables.push(`${explained}\n\n${table(columns, costs)}`);
  }
  if (exports.length > 0) {
    const columns = ['', 'spans/s', 'event loop', 'over written', 'spread', 'loop p99 ms', 'processor', 'rounds'];
    const explained =
      'The share of the event loop of a process that records 10,000 spans a second: these go nowhere, are written into requests, or are sent to a collector in another process as well.';
    tables.push(`${explained}\n\n${table(columns, exports)}`);
  }
  return tables;
}

function percent(share) {
  return `${(share * 100).toFixed(2)} %`;
}

function startTable({ rows }) {
  const columns = ['', 'ms until it listens', 'over bare', 'spread', 'CPU ms over bare', 'RSS MB'];
  const lines = rows.map(({ variant, milliseconds, over, overFrom, overTo, cpuOver, residentMegabytes }) => [
    VARIANTS[variant].title,
    milliseconds.toFixed(0),
    over.toFixed(0),
    `${overFrom.toFixed(0)}–${overTo.toFixed(0)}`,
    cpuOver.toFixed(0),
    residentMegabytes.toFixed(0),
  ]);
  return table(columns, lines);
}

function weightTable({ rows }) {
  const lines = rows.map(({ title, packages, megabytes, own, failure }) =>
    failure === undefined ? [title, packages, megabytes.toFixed(1), own?.toFixed(0) ?? ''] : [title, '', '', failure],
  );
  return table(['', 'packages', 'MB', 'of these our own, KB'], lines);
}

function table(columns, lines) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(columns), row(columns.map((_column, index) => (index === 0 ? '---' : '---:'))), ...lines.map(row)].join(
    '\n',
  );
}
