// `npx pnpm bench [--quick | --minutes n] [--only framework/route/variant] [--out folder]`: see README.md.
import { parseArgs } from 'node:util';
import { check, settled } from './check.mjs';
import { Fleet } from './fleet.mjs';
import { busyWarning, machine } from './machine.mjs';
import { choose } from './matrix.mjs';
import { record } from './results.mjs';
import { measureRoute, profile } from './rounds.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    minutes: { type: 'string' },
    slice: { type: 'string', default: '200' },
    out: { type: 'string' },
  },
});
const { frameworks, routes, variants } = choose(options.only ?? (options.quick ? 'fastify/hello,spans' : ''));
const minutes = Number(options.minutes ?? (options.quick ? 1.8 : 9.5));
if (!(minutes > 0)) throw new Error(`Expected \`--minutes\` to be a positive number, got ${options.minutes}.`);
const deadline = Date.now() + minutes * 60_000;
const slice = Number(options.slice);
const http = { machine: machine(), cells: [], checks: [] };
const warning = busyWarning(http.machine);
console.log(`Node.js ${process.version}, load average ${http.machine.loadAverage.join(', ')}`);
if (warning !== undefined) console.warn(warning);

for (const [index, framework] of frameworks.entries()) {
  await measureFramework(framework, (deadline - Date.now()) / (frameworks.length - index));
  record('http', http, options.out);
}
console.log(`\nWritten to ${options.out ?? 'bench'}/results.md and results.json.`);

async function measureFramework(framework, milliseconds) {
  const started = Date.now();
  const fleet = await Fleet.start(framework, variants);
  try {
    const verdicts = await check(fleet, routes);
    const profiling = fleet.servers.length * slice * 3;
    const rest = milliseconds - (Date.now() - started) - profiling - 8000; // the last spans come late
    const before = await entriesOf(fleet.servers);
    const requests = {};
    for (const [index, route] of routes.entries()) {
      const cell = {
        framework,
        route,
        ...(await measureRoute(fleet, route, { milliseconds: rest / routes.length, slice })),
      };
      for (const row of cell.rows) requests[row.variant] = (requests[row.variant] ?? 0) + row.sent;
      if (index === routes.length - 1) {
        await settled(fleet.servers.filter(({ share }) => share !== undefined));
        const after = await entriesOf(fleet.servers);
        http.checks.push({
          framework,
          verdicts,
          delivered: delivered(before, after, requests),
          leftOut: fleet.leftOut,
          remarks: remarksOf(fleet, framework),
        });
      }
      http.cells.push(cell);
      show(cell);
    }
    http.cells.find((cell) => cell.framework === framework).profiles = await profile(fleet, routes[0], slice * 2);
  } finally {
    fleet.stop();
  }
}

async function entriesOf(servers) {
  const entries = {};
  for (const server of servers)
    if (server.share !== undefined) entries[server.variant] = (await server.exported()).entries;
  return entries;
}

function delivered(before, after, requests) {
  return Object.fromEntries(
    Object.keys(after).map((variant) => [variant, (after[variant] - before[variant]) / requests[variant]]),
  );
}

function remarksOf(fleet, framework) {
  return Object.fromEntries(
    fleet.servers.flatMap(({ variant, remarks }) =>
      remarks?.[framework] === undefined ? [] : [[variant, remarks[framework]]],
    ),
  );
}

function show({ framework, route, rounds, rows }) {
  console.log(`\n${framework} ${route}, ${rounds} rounds`);
  console.table(
    Object.fromEntries(
      rows.map(
        ({ variant, ratio, ratioFrom, ratioTo, cpuMicroseconds, p50, p99, residentMegabytes, exportedBytes }) => [
          variant,
          {
            'CPU ratio': ratio.toFixed(2),
            spread: `${ratioFrom.toFixed(2)}–${ratioTo.toFixed(2)}`,
            'µs/request': cpuMicroseconds.toFixed(1),
            'p50 ms': p50.toFixed(2),
            'p99 ms': p99.toFixed(2),
            'RSS MB': residentMegabytes.toFixed(0),
            'B/request': exportedBytes.toFixed(0),
          },
        ],
      ),
    ),
  );
}
