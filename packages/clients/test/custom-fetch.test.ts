import { context, propagation, trace } from '@opentelemetry/api';
import { tracedFetch } from '@throughline/clients/fetch';
import { Agent, fetch as undiciFetch } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { callerOf, startService } from './echo-service.ts';

const recorder = useRecorder();
const fromUndici = undiciFetch as unknown as typeof fetch;

it('a fetch that no channel tells of ends the span with the headers', async () => {
  const stub = tracedFetch({ fetch: async () => new Response('stub', { status: 503 }) });
  expect(await (await stub('http://stub.example.com/')).text()).toBe('stub');
  const span = await recorder.take('GET');
  expect(span.attributes['http.response.status_code']).toBe(503);
  expect(span.attributes['error.type']).toBe('503');
});

it.each([
  ['a relative URL', '/basket'],
  ['what is not of HTTP', 'data:text/plain,hello'],
])('a fetch that has its own way with %s gets what its caller gave', async (_title, url) => {
  const given: unknown[][] = [];
  const own = async (...args: unknown[]): Promise<Response> => {
    given.push(args);
    return new Response();
  };
  await tracedFetch({ fetch: own })(url);
  expect(given).toEqual([[url]]);
});

it('a hook that changes its URL takes no secret out of what is redacted', async () => {
  const forget = (_span: unknown, url: URL): void => {
    url.search = '';
  };
  const failing = tracedFetch({
    onStart: forget,
    fetch: async (url) => {
      throw new Error(`No answer from ${url}`);
    },
  });
  await expect(failing('http://stub.example.com/?token=QZsecret')).rejects.toThrow('No answer');
  const { status, statusMessage, attributes } = await recorder.take('GET');
  expect(status).toBe('ERROR');
  expect(statusMessage).toBe('No answer from http://stub.example.com/?token=REDACTED');
  expect(attributes['url.full']).toBe('http://stub.example.com/?token=REDACTED');
});

it.each([[undefined], [null], ['text'], [{}]])('a fetch that resolves with %j ends the span', async (value) => {
  const stub = tracedFetch({ fetch: async () => value as unknown as Response });
  expect(await stub('http://stub.example.com/')).toBe(value);
  await recorder.take('GET');
});

it.each([[undefined], [null], ['text'], [{ code: 7 }]])('what a fetch throws is rejected with: %j', async (value) => {
  const stub = tracedFetch({
    fetch: () => {
      throw value;
    },
  });
  await expect(stub('http://stub.example.com/')).rejects.toBe(value);
  expect((await recorder.take('GET')).status).toBe('ERROR');
});

it('a fetch that is traced already is traced once, with the new options', async () => {
  const url = await startService((request, response) => response.end(callerOf(request) ?? 'none'));
  const twice = tracedFetch({ fetch: tracedFetch(), propagate: () => false });
  expect(await (await twice(url)).text()).toBe('none');
  await recorder.take('GET');
});

it('a fetch that retries by a traced one is one call, which counts the attempts', async () => {
  let attempts = 0;
  const url = await startService((_request, response) => {
    attempts += 1;
    response.writeHead(attempts < 3 ? 503 : 200).end();
  });
  const inner = tracedFetch();
  const retrying = tracedFetch({
    fetch: async (...args) => {
      for (;;) {
        const response = await inner(...args);
        if (response.ok) return response;
      }
    },
  });
  expect((await retrying(url)).status).toBe(200);
  const span = await recorder.take('GET');
  expect(span.attributes['http.request.resend_count']).toBe(2);
  expect(span.status).toBe('UNSET');
});

describe("undici's fetch", () => {
  it('tells the end of the body', async () => {
    const url = await startService((_request, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 100);
    });
    expect(await (await tracedFetch({ fetch: fromUndici })(url)).text()).toBe('ab');
    expect((await recorder.take('GET')).durationMs).toBeGreaterThan(90);
  });

  it('does not mix calls that wait for one connection', async () => {
    const url = await startService((request, response) => {
      setTimeout(() => response.end(callerOf(request)), 5);
    });
    const dispatcher = new Agent({ connections: 1 });
    onTestFinished(() => dispatcher.close());
    const traced = tracedFetch({ fetch: fromUndici });
    const paths = Array.from({ length: 10 }, (_, n) => `${url}/${n}`);
    const callers = await Promise.all(paths.map(async (path) => (await traced(path, { dispatcher } as object)).text()));
    for (const [n, path] of paths.entries()) {
      const span = await recorder.take(({ attributes }) => attributes['url.full'] === path);
      expect(callers[n]).toBe(span.spanId);
      expect(span.attributes['http.response.status_code']).toBe(200);
      expect(span.attributes['http.request.resend_count']).toBeUndefined();
    }
  });
});

it('a sampler that throws costs the span, not the call', async () => {
  const url = await startService((_request, response) => response.end('ok'));
  const traced = tracedFetch({
    tracerProvider: {
      getTracer: () => ({
        startSpan() {
          throw new Error('of the sampler');
        },
        startActiveSpan() {
          throw new Error('of the sampler');
        },
      }),
    },
  });
  expect(await (await traced(url)).text()).toBe('ok');
});

it('an option that is wrong is refused at once', () => {
  expect(() => tracedFetch({ fetch: 'yes' } as object)).toThrow(
    '[fetch] Expected `fetch` to be a function, got the string "yes".',
  );
  expect(() => tracedFetch({ fecth: fetch } as object)).toThrow('[fetch] There is no option `fecth`. Use one of');
  expect(() => tracedFetch(null as unknown as object)).toThrow(
    '[fetch] Expected the options to be an object, got null.',
  );
});

it('a call in the context of another span is its child, also after awaits', async () => {
  const url = await startService((request, response) => response.end(request.headers.baggage?.toString()));
  const span = trace.getTracer('test').startSpan('work');
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
  const body = await context.with(propagation.setBaggage(trace.setSpan(context.active(), span), baggage), async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return (await tracedFetch()(url)).text();
  });
  span.end();
  expect(body).toBe('tenant=acme');
  const parent = await recorder.take('work');
  expect((await recorder.take('GET')).parentSpanId).toBe(parent.spanId);
});
