import http from 'node:http';
import { connect } from 'node:net';

/** @typedef {{ url: string, agent: http.Agent, random: () => number }} Client */

/**
 * What clients do, how often, and what must come of it; a failure rejects with what was seen.
 * @type {Record<string, { weight: number, run(client: Client): Promise<void> }>}
 */
export const BEHAVIOURS = {
  'a request': {
    weight: 48,
    run: (client) => expectAnswer(client, `/items/${client.random()}`, 200, /^{"id":".*"answered":(true|false)}$/),
  },
  'a request with hostile headers': {
    weight: 6,
    run: (client) => expectAnswer(client, `/items/${client.random()}`, 200, /answered/, hostileHeaders(client)),
  },
  'a path that is not there': { weight: 4, run: (client) => expectAnswer(client, '/nowhere', 404, /./) },
  'a handler that throws': { weight: 8, run: (client) => expectAnswer(client, '/fail', 500, /./) },
  'a stream': { weight: 6, run: (client) => expectAnswer(client, '/stream', 200, /^(data: \d\n\n){5}$/) },
  'a stream that the server breaks': { weight: 4, run: (client) => expectBroken(client, '/broken') },
  'server-sent events to their end': { weight: 3, run: (client) => expectAnswer(client, '/events', 200, /data: 4/) },
  'a client that leaves before the answer': { weight: 7, run: (client) => leave(client, '/slow', 20) },
  'a client that leaves a stream': { weight: 4, run: (client) => leave(client, '/stream', 12) },
  'a client that leaves events': { weight: 3, run: (client) => leave(client, '/events', 12) },
  'an upload': { weight: 3, run: (client) => upload(client, true) },
  'an upload that breaks off': { weight: 2, run: (client) => upload(client, false) },
  'an upgrade to a WebSocket': { weight: 3, run: upgrade },
  'a scrape of the metrics': {
    weight: 0.2,
    run: (client) => expectAnswer(client, '/metrics', 200, /http_server_request_duration/),
  },
};

/** @param {Client} client @param {string} path @param {number} status @param {RegExp} body @param {http.OutgoingHttpHeaders} [headers] @returns {Promise<void>} */
function expectAnswer({ url, agent }, path, status, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get(url + path, { agent, headers }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response) text += chunk;
        if (response.statusCode === status && body.test(text)) resolve();
        else reject(new Error(`${path} answered ${response.statusCode} ${text.slice(0, 80)}`));
      } catch (error) {
        reject(error);
      }
    });
    request.once('error', reject);
  });
}

/** @param {Client} client @param {string} path @returns {Promise<void>} */
function expectBroken({ url, agent }, path) {
  return new Promise((resolve, reject) => {
    const request = http.get(url + path, { agent }, (response) => {
      response.resume().once('error', () => resolve());
      response.once('end', () => reject(new Error(`${path} came to an end`)));
    });
    request.once('error', () => resolve());
  });
}

/** @param {Client} client @param {string} path @param {number} afterMs @returns {Promise<void>} */
function leave({ url }, path, afterMs) {
  return new Promise((resolve) => {
    // A connection of its own, which goes with it.
    const request = http.get(url + path, { agent: false }, (response) => response.on('error', () => {}).resume());
    request.on('error', () => {});
    request.once('close', () => resolve());
    setTimeout(() => request.destroy(), afterMs);
  });
}

/** @param {Client} client @param {boolean} whole @returns {Promise<void>} */
function upload({ url }, whole) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': 200_000, 'content-type': 'application/octet-stream' };
    const request = http.request(`${url}/upload`, { method: 'POST', agent: false, headers }, (response) => {
      response
        .resume()
        .once('close', () => (response.complete ? resolve() : reject(new Error('an upload had no answer'))));
    });
    request.on('error', (error) => (whole ? reject(error) : resolve()));
    if (whole) request.end(Buffer.alloc(200_000));
    else request.write(Buffer.alloc(50_000), () => request.destroy());
  });
}

/** @param {Client} client @returns {Promise<void>} */
function upgrade({ url }) {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET /socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      socket.once('data', () => socket.write('hello'));
    });
    socket.setTimeout(5000, () => socket.destroy(new Error('an upgrade had no answer')));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.once('error', reject);
    socket.once('close', () =>
      text.endsWith('hello') ? resolve() : reject(new Error(`an upgrade got ${text.slice(0, 80)}`)),
    );
  });
}

const PIECES = [
  '0af7651916cd43dd8448eb211c80319c',
  '00-',
  '-01',
  'b7ad6b7169203331',
  '=',
  ';',
  ',',
  'a',
  '%',
  'é',
  '-1',
  '0'.repeat(32),
  'x'.repeat(3000),
];
const HEADERS = [
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
  'x-b3-traceid',
  'x-datadog-trace-id',
  'uber-trace-id',
  'x-amzn-trace-id',
  'x-request-id',
  'throughline-peer',
];

/** @param {Client} client @returns {Record<string, string>} */
function hostileHeaders({ random }) {
  const of = (/** @type {readonly string[]} */ list) => list[Math.floor(random() * list.length)] ?? '';
  return Object.fromEntries(
    Array.from({ length: 3 }, () => [
      of(HEADERS),
      Array.from({ length: Math.floor(random() * 5) }, () => of(PIECES)).join(''),
    ]),
  );
}
