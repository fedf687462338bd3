import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { HttpAnswerReader } from '../src/http-answer.ts';
import { type Answer, OtlpConnection } from '../src/otlp-request.ts';
import { type OtlpSettings, readOtlpSettings } from '../src/otlp-settings.ts';
import { cert, key } from './localhost-certificate.ts';

const BODY = Buffer.from('spans');
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that answers with bytes of the test's choice, and what it was sent, one text for each connection. */
async function startServer(answer: (socket: Socket, asked: number) => void): Promise<{ url: URL; sent: string[] }> {
  const sent: string[] = [];
  let asked = 0;
  const server: Server = createServer((socket) => {
    const index = sent.push('') - 1;
    closers.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const before = sent[index]?.split('\r\n\r\nspans').length;
      sent[index] += bytes.toString('latin1');
      if (sent[index]?.split('\r\n\r\nspans').length !== before) answer(socket, ++asked);
    });
  });
  closers.unshift(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`), sent };
}

function open(url: URL, headers: Record<string, string> = {}): () => Promise<Answer> {
  const connection = new OtlpConnection({ ...readOtlpSettings(url.href, headers) });
  closers.push(() => connection.close());
  return () => connection.post(BODY, { 'content-type': 'application/x-protobuf' }, 20_000);
}

it('sends all requests on one connection that the server keeps', async () => {
  const { url, sent } = await startServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  url.username = 'shop';
  url.password = 's%C3%A9same';
  const post = open(url, { 'api-key': 'k1' });
  for (let count = 0; count < 3; count++) expect(await post()).toEqual({ accepted: true, body: Buffer.from('ok') });
  const request = [
    'POST /v1/traces HTTP/1.1',
    `host: ${url.host}`,
    'connection: keep-alive',
    `authorization: Basic ${Buffer.from('shop:sésame').toString('base64')}`,
    'api-key: k1',
    'content-type: application/x-protobuf',
    'content-length: 5',
    '',
    'spans',
  ].join('\r\n');
  expect(sent).toEqual([request.repeat(3)]);
});

it('takes another connection where the server says that it closes the one', async () => {
  const { url, sent } = await startServer((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  );
  const post = open(url);
  expect([(await post()).accepted, (await post()).accepted]).toEqual([true, true]);
  expect(sent).toHaveLength(2);
});

it('sends again at once, on another connection, what a kept one was closed for', async () => {
  const { url, sent } = await startServer((socket, asked) => {
    if (asked === 2) socket.destroy();
    else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  const post = open(url);
  expect([(await post()).accepted, (await post()).accepted]).toEqual([true, true]);
  expect(sent).toHaveLength(2);
});

it('says that a new connection was closed without an answer', async () => {
  const { url, sent } = await startServer((socket) => socket.destroy());
  expect(await open(url)()).toEqual({ accepted: false, reason: 'ECONNRESET', retryAfterMs: 0 });
  expect(sent).toHaveLength(1);
});

it('gives up a connection on which something comes that nobody has asked for', async () => {
  const { url, sent } = await startServer((socket, asked) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    if (asked === 1) setImmediate(() => socket.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n'));
  });
  const post = open(url);
  expect((await post()).accepted).toBe(true);
  while (sent.length === 1) expect((await post()).accepted).toBe(true);
  expect(sent).toHaveLength(2);
});

it('speaks TLS with a certificate of its own, to a collector whose certificate it knows for the name that it asks for', async () => {
  const options = { cert, key, ca: cert, requestCert: true };
  const server = createSecureServer(options, (request, response) =>
    request.resume().on('end', () => response.end('ok')),
  );
  closers.unshift(() => server.close());
  const names: unknown[] = [];
  server.on('secureConnection', ({ servername }) => names.push(servername));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const [ca, own] = [Buffer.from(cert), { cert: Buffer.from(cert), key: Buffer.from(key) }];
  const post = async (host: string, tls: OtlpSettings['tls']): Promise<Answer[]> => {
    const connection = new OtlpConnection({ ...readOtlpSettings(`https://${host}:${port}`), tls });
    closers.push(() => connection.close());
    return [await connection.post(BODY, {}, 20_000), await connection.post(BODY, {}, 20_000)];
  };
  const accepted = { accepted: true, body: Buffer.from('ok') };
  expect(await post('localhost', { ca, ...own })).toEqual([accepted, accepted]);
  expect(await post('127.0.0.1', { ca, ...own })).toEqual([accepted, accepted]);
  expect(names).toEqual(['localhost', false]);
  const reason = 'DEPTH_ZERO_SELF_SIGNED_CERT';
  expect(await post('localhost', own)).toMatchObject([{ reason }, { reason }]);
  expect((await post('localhost', { ca }))[0]).toMatchObject({ accepted: false });
});

const OK = { status: 200, keepsConnection: true };
it.each<[string, string, { status: number; keepsConnection: boolean }, string]>([
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', OK, 'body'],
  ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', { ...OK, status: 204 }, ''],
  [
    'in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nbod\r\n1\r\ny\r\n0\r\nx: y\r\n\r\n',
    OK,
    'body',
  ],
  ['after an interim one', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody', OK, 'body'],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\nbody', { ...OK, keepsConnection: false }, 'body'],
])('reads an answer %s, in whatever pieces it comes', (_what, text, expected, body) => {
  for (let at = 0; at <= text.length; at++) {
    const reader = new HttpAnswerReader(1000);
    const pieces = [text.slice(0, at), text.slice(at)].filter((piece) => piece !== '');
    const answers = pieces.map((piece) => reader.read(Buffer.from(piece, 'latin1')));
    expect(answers.at(-1)).toMatchObject(expected);
    expect(String(answers.at(-1)?.body)).toBe(body);
    expect(answers.slice(0, -1)).toEqual(pieces.slice(0, -1).map(() => undefined));
  }
  const reader = new HttpAnswerReader(1000);
  const each = [...text].map((character) => reader.read(Buffer.from(character, 'latin1')));
  expect(String(each.at(-1)?.body)).toBe(body);
});

it('reads an answer that ends with its connection', () => {
  const reader = new HttpAnswerReader(1000);
  expect(reader.read(Buffer.from('HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\nla'))).toBeUndefined();
  expect(reader.read(Buffer.from('ter'))).toBeUndefined();
  const answer = reader.end();
  expect(answer).toMatchObject({ status: 503, keepsConnection: false });
  expect([answer?.headers.get('retry-after'), String(answer?.body)]).toEqual(['7', 'later']);
});

it('takes no end of the connection for the end of an answer that has a length', () => {
  const reader = new HttpAnswerReader(1000);
  expect(reader.read(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbo'))).toBeUndefined();
  expect(reader.end()).toBeUndefined();
});

it.each([
  ['a length', 'content-length: 5000000'],
  ['chunks', 'transfer-encoding: chunked'],
  ['neither', 'server: x'],
])('reads no more of a long answer with %s than it may', (_what, header) => {
  const reader = new HttpAnswerReader(1000);
  expect(reader.read(Buffer.from(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`))).toBeUndefined();
  if (header.startsWith('transfer')) expect(reader.read(Buffer.from('fffff\r\n'))).toBeUndefined();
  expect(reader.read(Buffer.alloc(999))).toBeUndefined();
  expect(reader.read(Buffer.alloc(1))).toMatchObject({ status: 200, keepsConnection: false });
});

it.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a switch to another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(4000)}`],
  ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nsize\r\n'],
  ['a chunk that is longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nbody\r\n'],
])('refuses %s', (_what, text) => {
  expect(() => new HttpAnswerReader(1000).read(Buffer.from(text))).toThrow(/answer|protocol/);
});
