// A process that sends spans to a viewer at a steady rate for some time, as exporters of eight services do: one request
// of 512 spans at a time on a connection of each.
// `node generator.mjs <url> <spans/s> <seconds> <number of the run>` prints what became of them as JSON.
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { REQUEST_SPANS, Round } from './requests.mjs';
import { SERVICE_COUNT } from './traffic.mjs';

const [url, rate, seconds, run] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const ROUNDS = 12; // different contents, sent in turn
const MAX_TRIES = 100;
const agent = new Agent({ keepAlive: true, maxSockets: SERVICE_COUNT });
const rounds = Array.from({ length: ROUNDS }, (_, seed) => new Round(run * ROUNDS + seed));
const told = { acknowledged: 0, deferred: 0, failed: 0, bytes: 0, latencies: [] };

const began = performance.now();
const beganUnixMs = Date.now();
await Promise.all(Array.from({ length: SERVICE_COUNT }, (_, service) => exporter(service)));
const took = (performance.now() - began) / 1000;
told.latencies.sort((a, b) => a - b);
const quantile = (share) => told.latencies[Math.floor(told.latencies.length * share)] ?? 0;
const { acknowledged, deferred, failed, bytes } = told;
const cpu = process.cpuUsage();
console.log(
  JSON.stringify({
    acknowledged,
    deferred,
    failed,
    bytes,
    seconds: took,
    p50: quantile(0.5),
    p99: quantile(0.99),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  }),
);
agent.destroy();

// Each has its own moment within a round.
async function exporter(service) {
  const interval = (REQUEST_SPANS * SERVICE_COUNT * 1000) / rate;
  const count = Math.max(1, Math.round((seconds * 1000) / interval));
  for (let index = 0; index < count; index++) {
    const due = (index + service / SERVICE_COUNT) * interval;
    const wait = due - (performance.now() - began);
    if (wait > 0) await delay(wait);
    const start = BigInt(Math.round(beganUnixMs + index * interval)) * 1_000_000n;
    await deliver(Buffer.from(rounds[index % ROUNDS].body(service, index, start)));
  }
}

async function deliver(body) {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const began = performance.now();
    const { status, retryAfter } = await post(body);
    if (status === 200) {
      told.latencies.push(performance.now() - began);
      told.acknowledged += REQUEST_SPANS;
      told.bytes += body.length;
      return;
    }
    if (status !== 503) throw new Error(`The viewer answers ${status}.`);
    told.deferred += 1;
    await delay(retryAfter * 1000);
  }
  told.failed += 1;
}

function post(body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const sent = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () =>
        resolve({ status: response.statusCode, retryAfter: Number(response.headers['retry-after'] ?? 1) }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
