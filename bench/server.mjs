// One server under load: `node bench/server.mjs <framework> <variant>`, with SINK and PEER in the environment.
// IPC: { age: true } → {}, when it is as one that has been up for a while; { profile: 'start' } → {}; { profile: 'stop' } →
// what was allocated, and how late the event loop was.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { GCProfiler } from 'node:v8';
import { age } from './age.mjs';
import { allocatedBytes } from './allocation.mjs';

const [framework, variant] = process.argv.slice(2);
// The variant comes first: tracers that patch must be there before the framework.
const { setup = () => ({}) } = await import(`./variants/${variant}.mjs`);
const tools = await setup(framework);
const { start } = await import(`./frameworks/${framework}.mjs`);
process.once('disconnect', () => process.exit());
const port = await start(tools);
process.send({ port });

const delay = monitorEventLoopDelay({ resolution: 1 });
let collections = new GCProfiler();
let heapBefore = 0;
process.on('message', async (order) => {
  if (order.age) {
    await age();
    process.send({});
  } else if (order.profile === 'start') {
    collections = new GCProfiler();
    collections.start();
    delay.reset();
    delay.enable();
    heapBefore = process.memoryUsage().heapUsed;
    process.send({});
  } else {
    const heapAfter = process.memoryUsage().heapUsed;
    delay.disable();
    process.send({
      allocated: allocatedBytes(heapBefore, collections.stop().statistics, heapAfter),
      loopDelay99: delay.percentile(99) / 1e6 - 1, // the histogram has the timer's own millisecond in it
    });
  }
});
