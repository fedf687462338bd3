import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import { send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const items: KitRoute = {
  method: 'GET',
  path: '/items/:id',
  handle: () => ({ headers: { 'x-shelf': 'B7', 'set-cookie': 'session=1' }, body: 'ok' }),
};

export const attributeScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'the span has the required and recommended attributes of the HTTP conventions',
    run: (subject, recorder) =>
      serve(subject, [items], async (url) => {
        await send(`${url}/items/1?color=red`, { headers: { 'user-agent': 'kit/1.0' } });
        const { attributes } = await recorder.take('GET /items/:id');
        const { hostname, port } = new URL(url);
        const { 'network.peer.port': peerPort, ...rest } = attributes;
        assert.equal(typeof peerPort, 'number');
        for (const [name, value] of Object.entries({
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'http.route': '/items/:id',
          'url.path': '/items/1',
          'url.query': 'color=red',
          'url.scheme': 'http',
          'server.address': hostname,
          'server.port': Number(port),
          'client.address': '127.0.0.1',
          'network.peer.address': '127.0.0.1',
          'network.protocol.version': '1.1',
          'user_agent.original': 'kit/1.0',
        })) {
          assert.equal(rest[name], value, name);
        }
        assert.equal(rest['error.type'], undefined);
      }),
  },
  {
    title: 'credentials and signatures in the query are redacted, whatever their case or encoding',
    run: (subject, recorder) =>
      serve(
        subject,
        [items],
        async (url) => {
          await send(`${url}/items/1?a=1&Token=s3cret&X-Amz-Signature=s3cret&%74oken=s3cret&voucher=s3cret&b`);
          const { attributes } = await recorder.take('GET /items/:id');
          assert.equal(
            attributes['url.query'],
            'a=1&Token=REDACTED&X-Amz-Signature=REDACTED&%74oken=REDACTED&voucher=REDACTED&b',
          );
          assert.ok(!JSON.stringify(attributes).includes('s3cret'));
        },
        { options: { redactQuery: ['Voucher'] } },
      ),
  },
  {
    title: 'headers are recorded only if asked for, and credentials never',
    run: (subject, recorder) =>
      serve(
        subject,
        [items],
        async (url) => {
          await send(`${url}/items/1`, {
            headers: { 'x-color': 'red', 'x-other': 'no', authorization: 'Basic s3cret', cookie: 's3cret=1' },
          });
          const { attributes } = await recorder.take('GET /items/:id');
          assert.deepEqual(attributes['http.request.header.x-color'], ['red']);
          assert.deepEqual(attributes['http.response.header.x-shelf'], ['B7']);
          assert.equal(attributes['http.request.header.x-other'], undefined);
          const text = JSON.stringify(attributes);
          assert.ok(!text.includes('s3cret') && !text.includes('session=1'), text);
        },
        {
          options: {
            requestHeaders: ['X-Color', 'Authorization', 'Cookie'],
            responseHeaders: ['X-Shelf', 'Set-Cookie'],
          },
        },
      ),
  },
  {
    title: 'forwarding headers of a client that is no trusted proxy are not believed',
    run: (subject, recorder) =>
      serve(subject, [items], async (url) => {
        await send(`${url}/items/1`, {
          headers: {
            'x-forwarded-for': '203.0.113.9',
            'x-forwarded-proto': 'https',
            'x-forwarded-host': 'evil.example',
          },
        });
        const { attributes } = await recorder.take('GET /items/:id');
        assert.equal(attributes['client.address'], '127.0.0.1');
        assert.equal(attributes['url.scheme'], 'http');
        assert.equal(attributes['server.address'], new URL(url).hostname);
      }),
  },
  {
    title: 'a method that the conventions do not know is _OTHER, with the original beside it',
    run: (subject, recorder) =>
      serve(subject, [items], async (url) => {
        await send(`${url}/items/1`, { method: 'PROPFIND' });
        const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
        assert.match(span.name, /^HTTP( \/items\/:id)?$/);
        assert.equal(span.attributes['http.request.method'], '_OTHER');
        assert.equal(span.attributes['http.request.method_original'], 'PROPFIND');
      }),
  },
  {
    title: 'hooks see the span, the request and the response and may add to the span',
    run: (subject, recorder) =>
      serve(
        subject,
        [items],
        async (url) => {
          await send(`${url}/items/1`);
          const { attributes } = await recorder.take('GET /items/:id');
          assert.equal(attributes['kit.start'], '/items/1');
          assert.equal(attributes['kit.end'], 200);
        },
        {
          options: {
            onStart: (span, request) => span.setAttribute('kit.start', request.url ?? ''),
            onEnd: (span, _request, response) => span.setAttribute('kit.end', response.statusCode),
          },
        },
      ),
  },
  {
    title: 'a hook that throws changes nothing',
    run: (subject, recorder) =>
      serve(
        subject,
        [items],
        async (url) => {
          const { status, body } = await send(`${url}/items/1`);
          assert.deepEqual([status, body], [200, 'ok']);
          const span = await recorder.take('GET /items/:id');
          assert.equal(span.status, 'UNSET');
          assert.deepEqual(span.exceptions, []);
        },
        { options: { onStart: throwing, onEnd: throwing, ignore: throwing, isError: throwing } },
      ),
  },
];

function throwing(): never {
  throw new Error('a hook of the user is broken');
}
