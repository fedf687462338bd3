/** @typedef {import('./service.mjs').Report} Report */

// The first pauses see code being compiled and pools, caches and histograms being filled.
const WARM_UP = 2;
/** What a heap may seem to grow by over the whole run: as much as two pauses in a row differ by when nothing happens. */
const HEAP_NOISE_BYTES = 1_500_000;
/** Node's pool of HTTP parsers keeps what each has parsed last, one for each connection that there was at a time. */
const FEW = 24;

/**
 * What a run has shown of one server: how its heap grew by the requests, and what it holds at rest.
 * @param {readonly Report[]} reports
 * @param {readonly number[]} made
 * @param {boolean} isLong
 */
export function judge(reports, made, isLong) {
  const [later, requests] = [reports.slice(WARM_UP), made.slice(WARM_UP)];
  const slope = medianSlope(
    requests,
    later.map(({ heapBytes }) => heapBytes),
  );
  const grownBytes = slope * ((requests.at(-1) ?? 0) - (requests[0] ?? 0));
  const first = reports[WARM_UP - 1];
  const last = reports.at(-1);
  /** @type {string[]} */
  const shortcomings = [];
  if (isLong && grownBytes > HEAP_NOISE_BYTES)
    shortcomings.push(`the heap grew by ${Math.round(grownBytes / 1000)} kB`);
  const most = (/** @type {(report: Report) => number} */ of) => Math.max(...later.map(of));
  const least = (/** @type {(report: Report) => number} */ of) => Math.min(...later.map(of));
  for (const [what, of] of /** @type {[string, (report: Report) => number][]} */ ([
    ['contexts', (report) => report.contexts],
    ['spans', (report) => report.spans],
    ['requests', (report) => report.requests],
    ['handles', handleCount],
  ]))
    if (first !== undefined && last !== undefined && of(last) > Math.max(of(first), least(of)) + FEW)
      shortcomings.push(`${of(last)} ${what} are held at rest at the end, ${of(first)} at the beginning`);
  return {
    slope,
    grownBytes,
    first,
    last,
    most: { contexts: most((r) => r.contexts), spans: most((r) => r.spans) },
    shortcomings,
  };
}

/** @param {readonly ({ name: string } & ReturnType<typeof judge>)[]} verdicts */
export function table(verdicts) {
  const head = [
    'server',
    'heap at rest, first and last (MB)',
    'slope (bytes a request)',
    'contexts',
    'spans',
    'requests',
    'handles',
  ];
  const rows = verdicts.map(({ name, slope, first, last }) => {
    const pair = (/** @type {(report: Report) => number} */ of) => (first && last ? `${of(first)} → ${of(last)}` : '–');
    return [
      name,
      pair(({ heapBytes }) => Math.round(heapBytes / 1e5) / 10),
      slope.toFixed(1),
      pair(({ contexts }) => contexts),
      pair(({ spans }) => spans),
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

/** The median of the slopes between all pairs, which a few outliers do not move (Theil–Sen). @param {readonly number[]} xs @param {readonly number[]} ys */
function medianSlope(xs, ys) {
  const slopes = xs.flatMap((x, i) =>
    xs.slice(i + 1).map((later, k) => ((ys[i + 1 + k] ?? 0) - (ys[i] ?? 0)) / (later - x)),
  );
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
