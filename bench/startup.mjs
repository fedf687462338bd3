// How long a process takes until it listens, with each variant: `node bench/startup.mjs [--only framework/*/variant]
// [--rounds n] [--out folder]`. One of each variant after the other, round by round; the difference is that to the bare
// process of the same round. Processor time stands beside it, because other work on the machine does not change it.
import { parseArgs } from 'node:util';
import { busyWarning, machine } from './machine.mjs';
import { choose, VARIANTS } from './matrix.mjs';
import { ask, cpuTime, launch, nextMessage, quantile, residentMegabytes } from './measure.mjs';
import { record } from './results.mjs';
import { launchServer } from './server-process.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'fastify' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const { frameworks, variants } = choose(options.only);
const [framework] = frameworks;
const startup = { machine: machine(), framework, rows: [] };
const warning = busyWarning(startup.machine);
if (warning !== undefined) console.warn(warning);

const sink = launch('./sink.mjs', [], { cpu: 0 });
try {
  await nextMessage(sink);
  const measured = variants.filter((variant) => !VARIANTS[variant].leftOut?.(framework));
  const starts = measured.map(() => []);
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const [index, variant] of measured.entries()) starts[index].push(await start(variant));
  }
  startup.rows = measured.map((variant, index) => row(variant, starts[index], starts[0]));
} finally {
  sink.kill('SIGKILL');
}
console.table(startup.rows);
record('startup', startup, options.out);

async function start(variant) {
  const { port: sinkPort } = await ask(sink, { open: VARIANTS[variant].format ?? 'otlp' });
  const before = performance.now();
  const server = launchServer(framework, variant, { sinkPort, peerPort: sinkPort, cpu: 1 });
  try {
    await nextMessage(server);
    const milliseconds = performance.now() - before;
    return { milliseconds, cpu: cpuTime(server.pid) / 1e6, resident: residentMegabytes(server.pid) };
  } finally {
    server.kill('SIGKILL');
  }
}

function row(variant, starts, bare) {
  const over = starts.map(({ milliseconds }, round) => milliseconds - bare[round].milliseconds);
  const cpuOver = starts.map(({ cpu }, round) => cpu - bare[round].cpu);
  return {
    variant,
    milliseconds: quantile(
      starts.map((one) => one.milliseconds),
      0.5,
    ),
    over: quantile(over, 0.5),
    overFrom: quantile(over, 0.25),
    overTo: quantile(over, 0.75),
    cpuOver: quantile(cpuOver, 0.5),
    residentMegabytes: quantile(
      starts.map(({ resident }) => resident),
      0.5,
    ),
  };
}
