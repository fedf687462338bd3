/** What was measured of the viewer as Markdown, and which aims were missed. */
export function viewerTables({ minutes, intake, retention, search, analysis, page, sizes, failures = [] }) {
  const parts = [];
  const rows = [];
  const missed = [];
  const aim = (what, is, most, unit) => {
    const met = is <= most;
    rows.push([what, `${figure(is)} ${unit}`, `${figure(most)} ${unit}`, met ? 'reached' : 'missed']);
    if (!met) missed.push(what);
  };
  if (intake !== undefined) {
    const { perSecond, rate, acknowledged, stored, received, loop, rss, heap } = intake;
    rows.push([
      `spans a second over HTTP, for ${minutes} minutes`,
      figure(perSecond),
      figure(rate),
      perSecond >= rate * 0.98 ? 'reached' : 'missed',
    ]);
    if (perSecond < rate * 0.98) missed.push('spans a second');
    rows.push([
      'spans acknowledged, and stored',
      `${count(acknowledged)}, ${count(stored)}`,
      'the same',
      acknowledged === stored && acknowledged === received ? 'reached' : 'missed',
    ]);
    if (acknowledged !== stored || acknowledged !== received) missed.push('acknowledged = stored');
    aim('event loop, p99', loop.p99, 20, 'ms');
    aim('resident memory grows in a minute by', rss.growthPerMinute, 5, 'MB');
    aim('heap of the thread with the sockets grows in a minute by', heap.growthPerMinute, 1, 'MB');
  }
  if (search !== undefined) {
    aim(`trace by id among ${count(search.spans)} spans, p95`, search.byId.p95, 50, 'ms');
    aim(`search among ${count(search.spans)} spans, p95 of all`, search.searches.p95, 200, 'ms');
  }
  if (analysis?.duckdb !== undefined)
    aim('analysis of a trace of 100,000 spans, first time', analysis.duckdb.first.median, 300, 'ms');
  if (page !== undefined) aim('page interactive on a trace of 10,000 spans', page.interactive, 1000, 'ms');
  if (sizes !== undefined) {
    aim('page, first load, gzip', sizes.first / 1000, 45, 'KB');
    aim('page, all, gzip', sizes.all / 1000, 120, 'KB');
  }
  parts.push(table(['', 'measured', 'aim', ''], rows));
  if (failures.length > 0) parts.push(`Not measured: ${failures.join('; ')}.`);
  if (intake !== undefined) parts.push('### Intake', INTAKE, intakeTable(intake, retention));
  if (search !== undefined) parts.push('### Search', `${SEARCH} ${fillText(search)}`, searchTable(search));
  if (analysis !== undefined) parts.push('### A trace of 100,000 spans', ANALYSIS, analysisTable(analysis));
  if (page !== undefined)
    parts.push(
      '### The page',
      `${PAGE} Rows are drawn after ${figure(page.drawn)} ms, interactive after ${figure(page.interactive)} ms (medians of ${page.rounds}; best ${figure(page.best)} ms).`,
    );
  return { text: parts.join('\n\n'), missed };
}

const INTAKE =
  'OTLP/HTTP with protobuf over loopback: eight exporters in one other process, each with a connection of its own and 512 spans ' +
  '(some 290 bytes each) in a request, sixteen spans of eight services to a trace, so each trace comes in eight requests. 503s are ' +
  'counted, and sent again after `Retry-After`. The store is a DuckDB file. The delay of the event loop is that of the thread with ' +
  'the sockets (`monitorEventLoopDelay`, resolution 1 ms). Memory is looked at every five seconds; growth is the slope over the second half. ' +
  'The second row has a file so small that the oldest spans go all the time.';
const SEARCH =
  'Through the page API of a viewer in its own process, one question after the other, 50 traces asked for; the first question of each ' +
  'kind does not count. Processor time is that of all threads.';
const ANALYSIS =
  'Asked of the page API: spans read from the store, the model built, critical path and self times, all columns as JSON. `again` and ' +
  '`bottlenecks` are of the trace that is kept from the first question.';
const PAGE =
  'A new context of headless Chromium each time, nothing cached. Interactive is when a key that is pressed as soon as rows are drawn has ' +
  'selected one; since the start of the navigation.';

function intakeTable(intake, retention) {
  const rows = [intake, ...(retention === undefined ? [] : [retention])].map((each, index) => [
    index === 0 ? 'all is kept' : `at most ${figure(each.maxBytes / 1e6)} MB are kept`,
    figure(each.perSecond),
    count(each.acknowledged),
    count(each.stored),
    each.deferred,
    `${figure(each.p50)} / ${figure(each.p99)}`,
    `${figure(each.loop.p50)} / ${figure(each.loop.p99)} / ${figure(each.loop.most)}`,
    `${figure(each.rss.most)} (${signed(each.rss.growthPerMinute)})`,
    figure((each.viewerCpuSeconds * 1e6) / (each.perSecond * each.seconds)),
    figure(each.bytesPerSpan),
  ]);
  const columns = ['', 'spans/s', 'acknowledged', 'stored', '503', 'answer ms p50 / p99', 'loop ms p50 / p99 / most'];
  return table([...columns, 'MB at most (a minute)', 'processor µs/span', 'bytes/span on disk'], rows);
}

function fillText({ spans, traces, bytes, fillSeconds }) {
  return (
    `${count(spans)} spans of ${count(traces)} traces, ${figure(bytes / 1e6)} MB; filled in ${figure(fillSeconds)} s, a tenth by the viewer's ` +
    'own writer, the rest as copies of these rows with other ids and times, by SQL.'
  );
}

function searchTable({ byId, searches, rows }) {
  const line = (title, query, { p50, p95, most, cpu, found }) => [
    title,
    query === '' ? '' : `\`${query.replaceAll('|', '\\|')}\``,
    figure(p50),
    figure(p95),
    figure(most),
    cpu === undefined ? '' : figure(cpu),
    found ?? '',
  ];
  return table(
    ['', 'query', 'p50 ms', 'p95 ms', 'most', 'processor ms', 'found'],
    [
      line('trace by id', '', byId),
      ...rows.map((row) => line(row.title, row.query, row)),
      line('**all searches**', '', searches),
    ],
  );
}

function analysisTable(analysis) {
  const lines = Object.entries(analysis).flatMap(([kind, times]) =>
    Object.entries(times).map(([what, { best, median, cpu }]) => [
      kind,
      what,
      figure(best),
      figure(median),
      figure(cpu),
    ]),
  );
  return table(['store', '', 'best ms', 'median ms', 'processor ms, least'], lines);
}

function table(columns, lines) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(columns), row(columns.map((_column, index) => (index === 0 ? '---' : '---:'))), ...lines.map(row)].join(
    '\n',
  );
}

function figure(value) {
  return Math.abs(value) >= 100 ? count(Math.round(value)) : value.toFixed(Math.abs(value) >= 10 ? 0 : 1);
}

function count(value) {
  return value.toLocaleString('en');
}

function signed(value) {
  return `${value >= 0 ? '+' : ''}${value.toFixed(1)}`;
}
