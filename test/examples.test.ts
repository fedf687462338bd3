import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type Example, startExample } from './example-process.ts';

// As a user starts them: a process of their own, on the built packages.

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, 'x-request-id': 'r-7' };

let example: Example;
afterEach(() => {
  example.process.kill('SIGKILL');
});

describe.each([
  ['express', 'server.mjs'],
  ['fastify', 'server.mjs'],
  ['nestjs', 'dist/server.js'],
])('examples/%s', (name, program) => {
  it('answers, logs with ids, draws its trace and ends when told to', async () => {
    example = startExample(name, program);
    const address = (await example.line(/^Try (http\S+)/))[1] as string;

    const response = await fetch(address, { headers: CALLER });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe('r-7');
    expect(await response.json()).toEqual({ product: 'teapot', price: { cents: 1999 } });

    await example.line(/order shown/);
    const own = example.logLines().filter((line) => /looked up|shown/.test(String(line.msg)));
    expect(own.map((line) => line.msg)).toEqual(['price looked up', 'order shown']);
    for (const line of own) expect(line).toMatchObject({ trace_id: TRACE_ID, request_id: 'r-7', trace_flags: '01' });
    expect(new Set(own.map((line) => line.span_id)).size).toBe(2);

    const drawn = ['GET /orders/:id', 'load order', 'GET /prices/:id'];
    for (const span of drawn) await example.line(new RegExp(`${span}.*\\d ?m?s`));

    example.process.kill('SIGTERM');
    await once(example.process, 'close');
    expect([example.process.exitCode, example.process.signalCode]).toEqual([0, null]);
    expect(example.errors.join('\n')).toBe('');
  });
});
