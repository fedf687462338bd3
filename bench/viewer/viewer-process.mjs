// A viewer in a process of its own, as `npx pnpm viewer` is, which tells of its event loop and memory when it is asked to.
// Started by `ViewerProcess` with its options as JSON.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startViewer } from '../../packages/viewer/dist/index.js';

const viewer = await startViewer(JSON.parse(process.argv[2]));
// The timer of the histogram itself is late by up to a millisecond.
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
let since = process.cpuUsage();
process.on('message', async (message) => {
  if (message === 'close') {
    await viewer.close();
    process.exit();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage(since);
  const milliseconds = (nanoseconds) => nanoseconds / 1e6;
  process.send({
    rss,
    heapUsed,
    external,
    cpuSeconds: (user + system) / 1e6,
    loop: {
      p50: milliseconds(delays.percentile(50)),
      p99: milliseconds(delays.percentile(99)),
      most: milliseconds(delays.max),
    },
  });
  if (message === 'reset') {
    delays.reset();
    since = process.cpuUsage();
  }
});
// Ends with the benchmark, whatever becomes of that.
process.once('disconnect', () => process.exit());
process.send({ url: viewer.url });
