import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tracedListener } from '@throughline/core';
import type { FinishedExchange } from '@throughline/core/http-measurement';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const measured: FinishedExchange[] = [];
const note = (message: unknown): void => void measured.push(message as FinishedExchange);

beforeEach(() => {
  measured.length = 0;
  subscribe('throughline:http.server.request.end', note);
});

afterEach(() => {
  unsubscribe('throughline:http.server.request.end', note);
  vi.restoreAllMocks();
});

async function answer(listener: Parameters<typeof tracedListener>[0], init: RequestInit = {}): Promise<void> {
  const server = createServer(tracedListener(listener)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, init)).text();
  server.close();
  await once(server, 'close');
}

describe('what is published of an exchange', () => {
  it('is that its body was long-lived if it went on for more than 10 seconds after its headers', async () => {
    for (const seconds of [9, 11]) {
      await answer((_request, response) => {
        response.write('first');
        const now = performance.now();
        vi.spyOn(performance, 'now').mockReturnValue(now + seconds * 1000);
        response.end('last');
      });
      vi.restoreAllMocks();
    }
    expect(measured.map(({ longLived }) => longLived)).toEqual([undefined, 'body']);
  });

  it('is that a handler was slow if it took long until the headers', async () => {
    await answer((_request, response) => {
      const now = performance.now();
      vi.spyOn(performance, 'now').mockReturnValue(now + 11_000);
      response.end('ok');
    });
    expect(measured[0]?.longLived).toBeUndefined();
    expect(measured[0]?.durationMs).toBeGreaterThanOrEqual(11_000);
  });

  it.each([
    ['a body with its length', { method: 'POST', body: 'four' }, 4],
    ['no body', { method: 'POST' }, 0],
    ['a body in chunks', { method: 'POST', body: new Blob(['four']).stream(), duplex: 'half' }, undefined],
  ])('has the size of %s', async (_, init, size) => {
    await answer((request, response) => void request.resume().on('end', () => response.end()), init as RequestInit);
    expect(measured[0]?.requestBodySize).toBe(size);
  });

  it.each([
    ['a response with its length', { 'content-length': '2' }, 200, 'GET', 2],
    ['a response in chunks', {}, 200, 'GET', undefined],
    ['a 304 that says the length of what it stands for', { 'content-length': '2' }, 304, 'GET', 0],
    ['an answer to HEAD', { 'content-length': '2' }, 200, 'HEAD', 0],
  ])('has the size of %s', async (_, headers, status, method, size) => {
    await answer(
      (_request, response) => {
        response.writeHead(status, headers as Record<string, string>);
        response.end(status === 200 ? 'ok' : undefined);
      },
      { method },
    );
    expect(measured[0]?.responseBodySize).toBe(size);
  });

  it('is what a listener rejects with, though nobody records it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    const traced = tracedListener(async (_request, response) => {
      setImmediate(() => response.writeHead(500).end());
      throw new RangeError('too far');
    });
    server.on('request', (...pair) => {
      const result: unknown = traced(...pair);
      (result as Promise<unknown>).catch(() => {});
    });
    await once(server, 'listening');
    const closed = new Promise((resolve) =>
      server.on('request', (_request, response) => response.on('close', resolve)),
    );
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
    await closed;
    server.close();
    expect(measured[0]).toMatchObject({ statusCode: 500, errorType: 'RangeError', isRecorded: false });
  });

  it('is nothing without a subscriber', () => {
    unsubscribe('throughline:http.server.request.end', note);
    for (const name of ['server.request.start', 'server.request.end', 'client.request.end']) {
      expect(channel(`throughline:http.${name}`).hasSubscribers).toBe(false);
    }
  });
});
