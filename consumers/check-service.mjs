import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

/**
 * Starts a service of a story, sends it a request, and checks that its route is named, its log lines carry ids, its
 * outgoing call carries the trace, and its spans reach the collector when it is told to stop.
 *
 * @param {string[]} command what to start: a service that prints `listening on <port>` and serves `/shops/:shop/items/:id`
 * @param {Record<string, string>} [environment]
 */
export async function checkService(command, environment = {}) {
  const exported = [];
  const called = [];
  const peer = await listen((request, response) => {
    called.push(request.headers);
    response.setHeader('content-type', 'application/json').end('7');
  });
  const collector = await listen(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    exported.push(Buffer.concat(chunks).toString('latin1'));
    response
      .setHeader('content-type', request.headers['content-type'])
      .end(request.headers['content-type'].includes('json') ? '{}' : '');
  });
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT_OF_PEER: String(peer.address().port),
      COLLECTOR: `http://127.0.0.1:${collector.address().port}/v1/traces`,
      ...environment,
    },
  });
  const lines = [];
  let listening = () => {};
  const ready = new Promise((resolve, reject) => {
    listening = resolve;
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port !== undefined) listening(port);
  });
  try {
    const port = await ready;
    const response = await fetch(`http://127.0.0.1:${port}/shops/north/items/42`, {
      headers: { 'x-request-id': 'order-4711' },
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-request-id'), 'order-4711');
    assert.deepEqual(await response.json(), { id: '42', stock: 7 });
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const [code, signal] = await closed;
    assert.ok(code === 0 || signal === 'SIGTERM', `the service ended with ${code ?? signal}`);

    const log = lines
      .map((line) => (line.startsWith('{') ? JSON.parse(line) : {}))
      .find((line) => line.msg === 'looking up an item');
    assert.match(String(log?.trace_id), /^[0-9a-f]{32}$/, 'the log line has a trace_id');
    assert.match(String(log?.span_id), /^[0-9a-f]{16}$/, 'the log line has a span_id');
    assert.equal(log?.request_id, 'order-4711');
    assert.equal(called.length, 1);
    assert.equal(called[0].traceparent?.split('-')[1], log.trace_id, 'the call carries the trace');
    assert.equal(called[0]['x-request-id'], 'order-4711');
    const spans = exported.join('');
    assert.ok(spans.includes('GET /shops/:shop/items/:id'), 'the SERVER span is named by its route');
    assert.ok(spans.includes('look up'), 'the own span is exported');
  } finally {
    child.kill('SIGKILL');
    peer.close();
    collector.close();
  }
}

async function listen(handle) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
