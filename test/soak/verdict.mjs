/** @typedef {import('./service.mjs').Report} Report */

// The first pauses see code being compiled and pools, caches and histograms being filled.
const WARM_UP = 2;
/** From here on a heap grows for as long as code is being compiled at most. */
const LONG_MINUTES = 10;
/** What a heap may grow by within a shorter run: that much is compiled in it, whatever the load is. */
const COMPILED_BYTES = 1_500_000;
/** Node's pool of HTTP parsers keeps what each has parsed last, one for each connection that there was at a time. */
const FEW = 24;
/** The quantile of Student's distribution for an interval of 95 %, by degrees of freedom. */
const STUDENT_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179];

/**
 * What a run has shown of one server: by how much its heap grew for each of its requests, and what it holds at rest.
 * @param {readonly Report[]} reports one of each pause
 * @param {readonly number[]} made how many requests it had got by then
 * @param {number} minutes
 */
export function judge(reports, made, minutes) {
  const [later, requests] = [reports.slice(WARM_UP), made.slice(WARM_UP)];
  const growth = slopeOf(
    requests,
    later.map(({ heapBytes }) => heapBytes),
  );
  const during = (requests.at(-1) ?? 0) - (requests[0] ?? 0);
  // A byte a request is 86 MB a day at 1,000 requests a second; nothing of ours is as small as that.
  const allowed = Math.max(1, minutes >= LONG_MINUTES ? 1 : COMPILED_BYTES / during);
  const first = reports[WARM_UP - 1];
  const last = reports.at(-1);
  /** @type {string[]} */
  const shortcomings = [];
  if (!(growth.from <= allowed))
    shortcomings.push(
      `the heap grows by ${growth.from.toFixed(1)} to ${growth.to.toFixed(1)} bytes with each request, and ${allowed.toFixed(1)} are allowed`,
    );
  if (last !== undefined && last.open !== 0) shortcomings.push(`${last.open} spans have not ended`);
  const least = (/** @type {(report: Report) => number} */ of) => Math.min(...later.map(of));
  for (const [what, of] of /** @type {[string, (report: Report) => number][]} */ ([
    ['contexts', (report) => report.contexts],
    ['spans', (report) => report.spans],
    ['requests', (report) => report.requests],
    ['handles', handleCount],
  ]))
    if (first !== undefined && last !== undefined && of(last) > Math.max(of(first), least(of)) + FEW)
      shortcomings.push(`${of(last)} ${what} are held at rest at the end, ${of(first)} at the beginning`);
  return { growth, first, last, requests: made.at(-1) ?? 0, shortcomings };
}

/** The verdicts as a table of Markdown. @param {readonly ({ name: string } & ReturnType<typeof judge>)[]} verdicts */
export function table(verdicts) {
  const head = [
    'server',
    'requests',
    'heap at rest, first and last (MB)',
    'growth (bytes a request, 95 %)',
    'RSS (MB)',
    'contexts',
    'spans',
    'not ended',
    'requests held',
    'handles',
  ];
  const rows = verdicts.map(({ name, requests, growth, first, last }) => {
    const pair = (/** @type {(report: Report) => number} */ of) => (first && last ? `${of(first)} → ${of(last)}` : '–');
    return [
      name,
      requests.toLocaleString('en'),
      pair(({ heapBytes }) => Math.round(heapBytes / 1e5) / 10),
      `${growth.from.toFixed(1)} to ${growth.to.toFixed(1)}`,
      pair(({ rssBytes }) => Math.round(rssBytes / 1e6)),
      pair(({ contexts }) => contexts),
      pair(({ spans }) => spans),
      String(last?.open ?? '–'),
      pair(({ requests }) => requests),
      pair(handleCount),
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {Report} report */
function handleCount({ handles }) {
  return Object.values(handles).reduce((sum, count) => sum + count, 0);
}

/**
 * The slope of the line through points by least squares, as an interval that has it with 95 %.
 * @param {readonly number[]} xs @param {readonly number[]} ys
 */
export function slopeOf(xs, ys) {
  const mean = (/** @type {readonly number[]} */ values) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleX, middleY] = [mean(xs), mean(ys)];
  const spread = xs.reduce((sum, x) => sum + (x - middleX) ** 2, 0);
  const slope = xs.reduce((sum, x, i) => sum + (x - middleX) * ((ys[i] ?? 0) - middleY), 0) / spread;
  const rest = xs.reduce((sum, x, i) => sum + ((ys[i] ?? 0) - middleY - slope * (x - middleX)) ** 2, 0);
  const freedom = xs.length - 2;
  const margin = (STUDENT_95[freedom - 1] ?? 2.2) * Math.sqrt(rest / freedom / spread);
  return { from: slope - margin, to: slope + margin };
}
