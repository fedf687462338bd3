import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TracingOptions, tracedListener } from '@throughline/core';
import { recordSpans } from '@throughline/testkit';
import { expect, it } from 'vitest';

const error = new RangeError('too far');

/** What a listener gives back that rejects, and what it gives back when it is traced. */
async function rejections(options: TracingOptions): Promise<{ own: unknown; traced: unknown }> {
  let own: unknown;
  let traced: unknown;
  const listener = tracedListener((_request, response) => {
    setImmediate(() => response.writeHead(500).end());
    own = Promise.reject(error);
    return own;
  }, options);
  const server = createServer((request, response) => {
    traced = listener(request, response);
    (traced as Promise<unknown>).catch(() => server.emit('rejected'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rejected = once(server, 'rejected');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
  await rejected;
  server.close();
  return { own, traced };
}

it('what a listener rejects with is recorded, and is what the traced one rejects with', async () => {
  const recorder = await recordSpans();
  const { traced } = await rejections({});
  await expect(traced).rejects.toBe(error);
  const span = await recorder.take('GET');
  expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'too far' }]);
  await recorder.stop();
});

it('where nobody records, a traced listener gives back what the listener does', async () => {
  const { own, traced } = await rejections({ ignore: () => true });
  expect(traced).toBe(own);
});
