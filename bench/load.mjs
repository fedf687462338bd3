// A load generator of its own process: keep-alive connections that each send the next request when a response is
// complete. Told by IPC what to do: { port, path, headers, connections, milliseconds or requests } →
// { requests, failure, latencies }. Connections stay open from one turn to the next: a turn pays for requests only. It stays
// awake while one lasts: to wake a process takes microseconds, which the system books to the server that writes to it, and a slow
// server would pay for that more often than a fast one.
import { Connection } from './connection.mjs';

const pools = new Map();
let turns = 0;

process.once('disconnect', () => process.exit());
process.on('message', async (order) => {
  turns += 1;
  stayAwake();
  const result = await load(order);
  turns -= 1;
  process.send(result);
});

function stayAwake() {
  if (turns > 0) setImmediate(stayAwake);
}

async function load({ port, path, headers = '', connections, milliseconds = 60_000, requests = Number.MAX_VALUE }) {
  const text = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n`);
  const until = performance.now() + milliseconds;
  const latencies = [];
  let left = requests;
  let failure;
  const pool = pools.get(port) ?? [];
  pools.set(port, pool);
  const timed = async (connection) => {
    const sentAt = performance.now();
    await connection.exchange(text);
    latencies.push(performance.now() - sentAt);
  };
  const first = async (index) => {
    if (pool[index]?.open) {
      try {
        return await timed(pool[index]);
      } catch {} // a server may close an idle connection in the moment it is used again
    }
    pool[index] = await Connection.to(port);
    await timed(pool[index]);
  };
  const oneAfterAnother = async (index) => {
    try {
      if (left-- <= 0) return;
      await first(index);
      while (performance.now() < until && left-- > 0) await timed(pool[index]);
    } catch (error) {
      failure ??= error;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => oneAfterAnother(index)));
  return { requests: latencies.length, failure: failure?.message, latencies };
}
