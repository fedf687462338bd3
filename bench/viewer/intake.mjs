import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { run, ViewerProcess } from './processes.mjs';

const WARM_UP_SECONDS = 10;
const SAMPLE_SECONDS = 5;

/** Sends spans to a viewer for some time and looks at what it did meanwhile; then counts what is stored. */
export async function measureIntake(folder, { rate, seconds, maxBytes, name }) {
  const viewer = await ViewerProcess.start({ port: 0, file: join(folder, `${name}.duckdb`), maxBytes });
  try {
    const warm = await run('generator.mjs', viewer.url, rate, WARM_UP_SECONDS, 1);
    await viewer.figures('reset');
    const stop = new AbortController();
    const samples = [];
    const watching = watch(viewer, samples, stop.signal);
    const sent = await run('generator.mjs', viewer.url, rate, seconds, 2);
    stop.abort();
    await watching;
    const { loop, cpuSeconds } = await viewer.figures();
    const { store, received } = await viewer.ask('status');
    const acknowledged = warm.acknowledged + sent.acknowledged;
    return {
      rate,
      ...sent,
      perSecond: sent.acknowledged / sent.seconds,
      acknowledged,
      received: received.spans,
      stored: store.spans,
      bytesPerSpan: store.bytes / store.spans,
      maxBytes: store.maxBytes,
      bytes: store.bytes,
      viewerCpuSeconds: cpuSeconds,
      loop,
      rss: { ...growth(samples.map(({ rss }) => rss)) },
      heap: { ...growth(samples.map(({ heapUsed, external }) => heapUsed + external)) },
    };
  } finally {
    await viewer.close();
  }
}

async function watch(viewer, samples, signal) {
  try {
    for await (const _ of every(SAMPLE_SECONDS * 1000, undefined, { signal })) samples.push(await viewer.figures());
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
  }
}

/** Megabytes at most, and by how many it grows a minute: the slope of a line through the second half. */
function growth(bytes) {
  const megabytes = bytes.map((value) => value / 2 ** 20);
  const late = megabytes.slice(megabytes.length >> 1);
  const middle = (late.length - 1) / 2;
  const mean = late.reduce((sum, value) => sum + value, 0) / Math.max(1, late.length);
  let covariance = 0;
  let variance = 0;
  for (const [index, value] of late.entries()) {
    covariance += (index - middle) * (value - mean);
    variance += (index - middle) ** 2;
  }
  const perSample = variance === 0 ? 0 : covariance / variance;
  return { most: Math.max(0, ...megabytes), growthPerMinute: (perSample * 60) / SAMPLE_SECONDS };
}
