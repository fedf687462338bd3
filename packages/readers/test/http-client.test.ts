import { describe, expect, it } from 'vitest';
import { openTraces, TraceSourceError } from '../src/index.ts';
import { answerJson, type Handler, startServer } from './test-server.ts';

/** What `services()` of Zipkin, the simplest request there is, comes to with such a server. */
async function outcomeOf(handler: Handler, options = {}) {
  const { url, requests } = await startServer(handler);
  const source = await openTraces(`zipkin+${url}`, options);
  const outcome = await source.services().catch((error: unknown) => error);
  return { outcome, requests, url };
}

describe('A backend over HTTP', () => {
  it('that is busy is asked again, when it says or soon', async () => {
    let asked = 0;
    const { outcome, requests } = await outcomeOf((_, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (asked === 2) response.writeHead(503).end();
      else answerJson(response, ['web']);
    });
    expect(outcome).toEqual(['web']);
    expect(requests).toHaveLength(3);
  });

  it('that stays busy is given up', async () => {
    const { outcome, requests, url } = await outcomeOf((_, response) =>
      response.writeHead(503, { 'retry-after': '0' }).end('too much to do'),
    );
    expect(requests).toHaveLength(4);
    expect(outcome).toBeInstanceOf(TraceSourceError);
    expect(outcome).toMatchObject({
      endpoint: url,
      message: `[readers] Zipkin at ${url}, /api/v2/services: answers 503: too much to do. It was asked 4 times; try again later.`,
    });
  });

  it('is not waited for longer than allowed', async () => {
    const { outcome, url } = await outcomeOf(() => {}, { timeoutMs: 50 });
    expect(`${outcome}`).toContain(`Zipkin at ${url}, /api/v2/services: no answer within 50 ms.`);
  });

  it('that begins an answer and never ends it is not waited for either', async () => {
    const { outcome } = await outcomeOf((_, response) => void response.writeHead(200).write('['), { timeoutMs: 50 });
    expect(`${outcome}`).toContain('no answer within 50 ms.');
  });

  it('that is not there is named with the reason', async () => {
    const source = await openTraces('zipkin+http://127.0.0.1:9');
    await expect(source.services()).rejects.toThrow(
      /^\[readers\] Zipkin at http:\/\/127\.0\.0\.1:9, \/api\/v2\/services: .+\. Is it running, and is this its address\?$/,
    );
  });

  it('that answers with a page is not taken for one', async () => {
    const { outcome } = await outcomeOf((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    );
    expect(`${outcome}`).toContain('expected JSON, got a web page. Is this the address of its query API?');
  });

  it('is not followed to where it sends its callers, a log-in page perhaps', async () => {
    const { outcome, requests } = await outcomeOf((_, response) =>
      response.writeHead(302, { location: '/login' }).end(),
    );
    expect(`${outcome}`).toContain('answers 302. Give the address that it sends to, or credentials for it.');
    expect(requests).toEqual(['GET /api/v2/services']);
  });

  it('gets credentials of the address and headers, and errors have neither of them', async () => {
    const { url } = await startServer((request, response) => {
      const { authorization, 'x-scope-orgid': tenant } = request.headers;
      response.writeHead(401).end(`No "${authorization}" of "${tenant}"\u001b[31m, s3cret:word!`);
    });
    const source = await openTraces(url.replace('http://', 'zipkin+http://user:s3cret%3Aword@'), {
      headers: { 'X-Scope-OrgID': 'tenant-17' },
    });
    expect(source.name).toBe(`Zipkin at ${url}`);
    const error = await source.services().catch((reason: Error) => reason);
    expect(`${error}`).toBe(
      `TraceSourceError: [readers] Zipkin at ${url}, /api/v2/services: answers 401: ` +
        'No "***" of "***" [31m, ***! Give credentials in the address or in headers.',
    );
  });

  it('stops when the signal says so, with its reason', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const { url } = await startServer(() => stop.abort(reason));
    const source = await openTraces(`zipkin+${url}`);
    await expect(source.services({ signal: stop.signal })).rejects.toBe(reason);
  });

  it('stops in the pause before it is asked again', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const { url, requests } = await startServer((_, response) => {
      response.writeHead(503, { 'retry-after': '9' }).end(() => setImmediate(() => stop.abort(reason)));
    });
    const source = await openTraces(`zipkin+${url}`);
    await expect(source.services({ signal: stop.signal })).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
  });

  it('is reached below a base path', async () => {
    const { url, requests } = await startServer((_, response) => answerJson(response, []));
    await (await openTraces(`zipkin+${url}/zipkin/`)).services();
    expect(requests).toEqual(['GET /zipkin/api/v2/services']);
  });

  it('of a kind that is not known is refused with those that are', async () => {
    await expect(openTraces('kafka+http://user:secret@localhost:1')).rejects.toThrow(
      /^\[readers\] Expected a file, or an address like jaeger\+http:\/\/…, .*zipkin.*; got "kafka\+http:\/\/localhost:1"\.$/,
    );
  });
});
