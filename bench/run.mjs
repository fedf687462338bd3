// `npx pnpm bench [--rounds n] [--framework fastify,express] [--route hello,spans] [--variant bare,ours-100]`
// All variants are alive at once and get their load in short turns, so that a machine that drifts hits all alike;
// what is compared is the CPU time per request, as a ratio to the untraced server in the same round.
import { parseArgs } from 'node:util';
import { answerOf, cpuTime, launch, quantile, residentMegabytes } from './measure.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    slice: { type: 'string', default: '200' },
    framework: { type: 'string', default: 'fastify,express' },
    route: { type: 'string', default: 'hello,context,spans,log,call' },
    variant: { type: 'string', default: 'bare,ours-100,ours-1,otel-100,otel-1' },
  },
});
const ROUTES = {
  hello: { path: '/hello' },
  context: {
    path: '/hello',
    headers:
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nbaggage: tenant=acme,plan=gold\r\n',
  },
  spans: { path: '/spans' },
  log: { path: '/log' },
  call: { path: '/call' },
};

const children = [];
try {
  for (const framework of options.framework.split(',')) {
    for (const route of options.route.split(',')) await compare(framework, route);
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
}

async function compare(framework, route) {
  const sink = await started('./sink.mjs');
  const peer = await started('./peer.mjs');
  const load = await launch('./load.mjs', [], { cpu: 0 });
  children.push(load);
  const env = { SINK: `http://127.0.0.1:${sink.port}/v1/traces`, PEER: `http://127.0.0.1:${peer.port}/` };
  const servers = [];
  for (const variant of ['bare', ...options.variant.split(',')]) {
    servers.push({
      variant,
      ratios: [],
      cpu: [],
      latencies: [],
      ...(await started('./server.mjs', [framework, variant], { env, cpu: 1 })),
    });
  }
  const turn = async (server, milliseconds) => {
    const before = cpuTime(server.child.pid);
    load.send({ port: server.port, ...ROUTES[route], connections: 64, milliseconds });
    const result = await answerOf(load);
    if (result.failed > 0) throw new Error(`${server.variant} failed ${result.failed} connections`);
    return { microseconds: (cpuTime(server.child.pid) - before) / 1000 / result.requests, latencies: result.latencies };
  };
  for (const server of servers) await turn(server, 1500);
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const turns = [];
    for (const server of servers) turns.push(await turn(server, Number(options.slice)));
    for (const [index, server] of servers.entries()) {
      server.cpu.push(turns[index].microseconds);
      server.ratios.push(turns[index].microseconds / turns[0].microseconds);
      server.latencies.push(...turns[index].latencies);
    }
  }
  console.log(`\n${framework} ${route}`);
  console.table(
    Object.fromEntries(
      servers.map(({ variant, ratios, cpu, latencies, child }, index) => [
        index === 0 ? 'bare (reference)' : variant,
        {
          'CPU ratio': quantile(ratios, 0.5).toFixed(2),
          spread: `${quantile(ratios, 0.25).toFixed(2)}–${quantile(ratios, 0.75).toFixed(2)}`,
          'µs/request': quantile(cpu, 0.5).toFixed(1),
          'p50 ms': quantile(latencies, 0.5).toFixed(2),
          'p99 ms': quantile(latencies, 0.99).toFixed(2),
          'RSS MB': residentMegabytes(child.pid).toFixed(0),
        },
      ]),
    ),
  );
  for (const child of children.splice(0)) child.kill('SIGKILL');
}

async function started(script, args, settings) {
  const child = await launch(script, args, settings);
  children.push(child);
  const { port } = await answerOf(child);
  return { child, port };
}
