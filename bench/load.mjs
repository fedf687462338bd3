// A load generator of its own process: keep-alive connections that each send the next request when a response is
// complete. Told by IPC what to do: { port, path, headers, connections, milliseconds } → { requests, latencies }.
import { connect } from 'node:net';

process.on('message', async (order) => process.send(await load(order)));

async function load({ port, path, headers = '', connections, milliseconds }) {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n`);
  const until = performance.now() + milliseconds;
  const latencies = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: connections }, () =>
      oneConnection(port, request, until, (latency) => latencies.push(latency)).catch(() => {
        failed += 1;
      }),
    ),
  );
  return { requests: latencies.length, failed, latencies };
}

function oneConnection(port, request, until, done) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    let sentAt = 0;
    const send = () => {
      sentAt = performance.now();
      if (sentAt >= until) socket.end();
      else socket.write(request);
    };
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', resolve);
    socket.on('data', (text) => {
      received += text;
      const end = endOfResponse(received);
      if (end < 0) return;
      if (!received.startsWith('HTTP/1.1 200')) {
        socket.destroy(new Error(received.slice(0, 200)));
        return;
      }
      received = received.slice(end);
      done(performance.now() - sentAt);
      send();
    });
  });
}

function endOfResponse(text) {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1];
  if (length === undefined) throw new Error('The benchmark expects responses with a content-length.');
  const end = head + 4 + Number(length);
  return text.length >= end ? end : -1;
}
