// What single parts of tracing cost: `npx pnpm build && node bench/parts.mjs [--rounds n] [--only call,log,export] [--out folder]`.
// A call by `tracedFetch` over the same by `fetch`, a log line with the ids of its trace over one without, both within a request's
// span; and what an export takes of the event loop at 10,000 spans a second. Ways take turns in one process, and what is compared is
// the difference in the same round. Calls and lines without tracing stand there twice: the control.
import { parseArgs } from 'node:util';
import { busyWarning, machine } from './machine.mjs';
import { ask, launch, nextMessage, quantile } from './measure.mjs';
import { CALLS, EXPORTS, LINES, PARTS } from './parts-process.mjs';
import { record } from './results.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string', default: 'call,log,export' },
    out: { type: 'string' },
  },
});
const chosen = options.only.split(',');
const parts = { machine: machine(), calls: CALLS, lines: LINES, rows: [] };
const warning = busyWarning(parts.machine);
if (warning !== undefined) console.warn(warning);

const sink = launch('./sink.mjs', [], { cpu: 0 });
const peer = launch('./peer.mjs', [], { cpu: 0 });
try {
  const [, { port: peerPort }] = await Promise.all([nextMessage(sink), nextMessage(peer)]);
  for (const [name, { part, title, ways, rounds }] of Object.entries(PARTS)) {
    if (chosen.includes(part)) await measure(name, part, title, ways, Number(options.rounds ?? rounds), peerPort);
  }
} finally {
  sink.kill('SIGKILL');
  peer.kill('SIGKILL');
}
console.table(parts.rows);
record('parts', parts, options.out);

async function measure(name, part, title, ways, rounds, peerPort) {
  const { port: sinkPort } = await ask(sink, { open: 'otlp' });
  const env = { SINK: `http://127.0.0.1:${sinkPort}/v1/traces`, PEER: `http://127.0.0.1:${peerPort}/` };
  const child = launch('./parts-process.mjs', [name], { env, cpu: 1 });
  try {
    await nextMessage(child);
    const turns = ways.map(() => []);
    for (let round = -3; round < rounds; round += 1) {
      for (const [index, way] of ways.entries()) {
        const turn = await ask(child, { way });
        if (round >= 0) turns[index].push(turn);
      }
    }
    const { refused, spans } = await ask(sink, { count: sinkPort });
    if (refused > 0) throw new Error(`${title}: the collector could not read ${refused} requests.`);
    if (part === 'export') parts.rows.push(...exportRows(title, ways, turns, spans));
    else parts.rows.push({ part, title, ...over(turns, 1, 2), control: over(turns, 1, 0).median, rounds });
  } finally {
    child.kill('SIGKILL');
  }
}

/** Microseconds of one way over another, in the same round. */
function over(turns, base, way) {
  const differences = turns[way].map(({ microseconds }, round) => microseconds - turns[base][round].microseconds);
  return {
    bare: quantile(
      turns[base].map(({ microseconds }) => microseconds),
      0.5,
    ),
    median: quantile(differences, 0.5),
    from: quantile(differences, 0.25),
    to: quantile(differences, 0.75),
  };
}

function exportRows(title, ways, turns, spans) {
  if (spans === 0) throw new Error(`${title}: no span arrived.`);
  return ways.map((way, index) => {
    const at = (key) => (turn) => turn[key];
    const all = turns[index];
    const more = all.map(({ loop }, round) => loop - turns[EXPORTS.indexOf('written')][round].loop);
    return {
      part: 'export',
      title: `${title}: ${way}`,
      loop: quantile(all.map(at('loop')), 0.5),
      over: quantile(more, 0.5),
      from: quantile(more, 0.25),
      to: quantile(more, 0.75),
      late99: quantile(all.map(at('late99')), 0.5),
      cpu: quantile(all.map(at('cpu')), 0.5),
      spans: Math.round(quantile(all.map(at('spans')), 0.5)),
      rounds: all.length,
    };
  });
}
