// A load generator of its own process: keep-alive connections that each send the next request when a response is
// complete. Told by IPC what to do: { port, path, headers, connections, milliseconds or requests } →
// { requests, failed, latencies }. Connections stay open from one turn to the next: a turn pays for requests only.
import { Connection } from './connection.mjs';

const pools = new Map();

process.once('disconnect', () => process.exit());
process.on('message', async (order) => process.send(await load(order)));

async function load({ port, path, headers = '', connections, milliseconds = 60_000, requests = Number.MAX_VALUE }) {
  const text = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n`);
  const until = performance.now() + milliseconds;
  const latencies = [];
  let left = requests;
  let failure;
  const pool = pools.get(port) ?? [];
  pools.set(port, pool);
  const oneAfterAnother = async (index) => {
    try {
      if (!pool[index]?.open) pool[index] = await Connection.to(port);
      while (left > 0 && performance.now() < until) {
        left -= 1;
        const sentAt = performance.now();
        await pool[index].exchange(text);
        latencies.push(performance.now() - sentAt);
      }
    } catch (error) {
      failure ??= error;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => oneAfterAnother(index)));
  return { requests: latencies.length, failure: failure?.message, latencies };
}
