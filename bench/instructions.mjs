// How many instructions a request takes in the main thread, outside of the kernel, with each variant: `node bench/instructions.mjs
// [--only framework/routes/variants] [--out folder]`. Counted by Valgrind's callgrind, so that caches and neighbours in them do not
// matter; what they matter for a real process is not in it, nor is the kernel's work for sending what is exported. How many
// requests the event loop takes in at once still depends on the machine: count on a quiet one. Needs `apt-get install
// valgrind`, and some two minutes for each variant.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countAnew, counted, requireValgrind, startCounting, underCallgrind } from './callgrind.mjs';
import { machine } from './machine.mjs';
import { choose, ROUTES, VARIANTS } from './matrix.mjs';
import { ask, launch, nextMessage } from './measure.mjs';
import { record } from './results.mjs';
import { launchServer } from './server-process.mjs';

/** Until then most is compiled: it takes longer where one request in a hundred is exported. */
const WARM_UP = 300_000;
/** Still compiled anew where it is counted first: what follows is not. */
const SETTLE = 1000;
const COUNTED = 20_000;
const CONNECTIONS = 16;

requireValgrind();
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'fastify/hello/floor,ours-100,ours-tail,ours-1' },
    out: { type: 'string' },
  },
});
const { frameworks, routes, variants } = choose(options.only);
const instructions = { machine: machine(), rows: [] };
const sink = launch('./sink.mjs');
const peer = launch('./peer.mjs');
try {
  await nextMessage(sink);
  const { port: peerPort } = await nextMessage(peer);
  for (const framework of frameworks) {
    for (const route of routes) {
      const bare = await count(framework, route, 'bare', peerPort);
      for (const variant of variants.filter((name) => name !== 'bare' && name !== 'control')) {
        if (VARIANTS[variant].leftOut?.(framework)) continue;
        const each = await count(framework, route, variant, peerPort);
        instructions.rows.push({ framework, route, variant, bare, instructions: each, ratio: each / bare });
        console.log(`${framework} ${route} ${variant}: ${each}, ${(each / bare).toFixed(2)} × ${bare}`);
      }
    }
  }
} finally {
  for (const child of [sink, peer]) child.kill('SIGKILL');
}
record('instructions', instructions, options.out);

async function count(framework, route, variant, peerPort) {
  const folder = mkdtempSync(join(tmpdir(), 'instructions-'));
  const { port: sinkPort } = await ask(sink, { open: VARIANTS[variant].format ?? 'otlp' });
  const server = launchServer(framework, variant, { sinkPort, peerPort, under: underCallgrind(folder) });
  const load = launch('./load.mjs');
  try {
    const { port } = await nextMessage(server);
    const { path, headers } = ROUTES[route];
    const send = async (requests) => {
      const order = { port, path, headers, connections: CONNECTIONS, requests, milliseconds: 900_000 };
      const { failure, requests: sent } = await ask(load, order);
      if (failure !== undefined) throw new Error(`${variant} fails: ${failure}`);
      return sent;
    };
    await send(WARM_UP);
    startCounting(server.pid);
    await send(SETTLE);
    countAnew(server.pid);
    const sent = await send(COUNTED);
    return Math.round(counted(folder, server.pid).instructions / sent);
  } finally {
    for (const child of [server, load]) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
