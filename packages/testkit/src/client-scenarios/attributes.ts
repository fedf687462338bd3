import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import type { ClientSubject } from '../http-client-subject.ts';
import { answerOk, callTarget, rejectionOf } from '../http-target.ts';

/** What the CLIENT span says of a call. */
export const clientAttributeScenarios: readonly Scenario<ClientSubject>[] = [
  {
    title: 'the span tells method, URL, server and status',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, port }) => {
        await client.request('GET', `${url}/items/7?page=2`);
        const span = await recorder.take('GET');
        assert.equal(span.attributes['http.request.method'], 'GET');
        assert.equal(span.attributes['http.request.method_original'], undefined);
        assert.equal(span.attributes['url.full'], `${url}/items/7?page=2`);
        assert.equal(span.attributes['server.address'], '127.0.0.1');
        assert.equal(span.attributes['server.port'], port);
        assert.equal(span.attributes['http.response.status_code'], 200);
        assert.equal(span.attributes['http.request.resend_count'], undefined);
        assert.equal(span.attributes['error.type'], undefined);
        assert.equal(span.status, 'UNSET');
        assert.deepEqual(span.exceptions, []);
      }),
  },
  {
    title: 'the span tells the connection that the call went over, also where no response came',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (request, response) => {
          if (request.url === '/gone') request.socket.destroy();
          else response.end('ok');
        },
        async (client, { url, port }) => {
          const localhost = url.replace('127.0.0.1', 'localhost');
          await client.request('GET', `${localhost}/first`);
          await client.request('GET', `${localhost}/on-the-same-connection`);
          for (let n = 0; n < 2; n += 1) {
            const { attributes } = await recorder.take('GET');
            assert.equal(attributes['server.address'], 'localhost');
            assert.equal(attributes['network.peer.address'], '127.0.0.1');
            assert.equal(attributes['network.peer.port'], port);
            assert.equal(attributes['network.protocol.version'], '1.1');
          }
          await rejectionOf(client.request('GET', `${url}/gone`));
          assert.equal((await recorder.take('GET')).attributes['network.peer.port'], port);
        },
      ),
  },
  {
    title: 'a method that HTTP does not know is `_OTHER`, in a span named HTTP',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, requests }) => {
        // Known to Node's parser, so that it arrives, but not to the conventions.
        await client.request('PROPFIND', url);
        assert.equal(requests[0]?.method, 'PROPFIND');
        const span = await recorder.take('HTTP');
        assert.equal(span.attributes['http.request.method'], '_OTHER');
        assert.equal(span.attributes['http.request.method_original'], 'PROPFIND');
      }),
  },
  {
    title: 'credentials and signatures in the URL are redacted, and sent',
    run: (subject, recorder) =>
      callTarget(
        subject,
        answerOk,
        async (client, { url, requests }) => {
          const query = '?X-Amz-Signature=secret1&page=2&access_token=secret2&mine=secret3';
          await client.request('GET', `${url}/file${query}`);
          const span = await recorder.take('GET');
          assert.equal(
            span.attributes['url.full'],
            `${url}/file?X-Amz-Signature=REDACTED&page=2&access_token=REDACTED&mine=REDACTED`,
          );
          assert.equal(requests[0]?.url, `/file${query}`);
        },
        { redactQuery: ['mine'] },
      ),
  },
  {
    title: 'user and password in the URL are redacted, also where the client refuses them',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url, port }) => {
        await client.request('GET', url.replace('//', '//alice:secret@')).catch(() => {});
        const span = await recorder.take('GET');
        assert.equal(span.attributes['url.full'], `http://REDACTED:REDACTED@127.0.0.1:${port}/`);
        assert.ok(!span.statusMessage?.includes('secret'), 'the status message holds the password');
        assert.ok(!JSON.stringify(span.exceptions).includes('secret'), 'the exception holds the password');
      }),
  },
  {
    title: 'listed headers are on the span, credentials never',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (_request, response) => {
          response.writeHead(200, { 'x-region': 'eu', 'set-cookie': 'a=secret', 'x-other': '1' }).end();
        },
        async (client, { url }) => {
          await client.request('GET', url, { headers: { 'X-Tenant': 'acme', authorization: 'secret', 'x-more': '1' } });
          const { attributes } = await recorder.take('GET');
          assert.deepEqual(attributes['http.request.header.x-tenant'], ['acme']);
          assert.deepEqual(attributes['http.response.header.x-region'], ['eu']);
          const names = Object.keys(attributes).filter((name) => /^http\.(request|response)\.header\./.test(name));
          assert.equal(names.length, 2, `more headers than listed: ${names}`);
        },
        { requestHeaders: ['x-tenant', 'authorization'], responseHeaders: ['x-region', 'set-cookie'] },
      ),
  },
  {
    title: 'the hooks see the span at its start and before its end',
    run: async (subject, recorder) => {
      const seen: string[] = [];
      await callTarget(
        subject,
        answerOk,
        async (client, { url }) => {
          await client.request('GET', `${url}/a`);
          const span = await recorder.take('GET');
          assert.equal(span.attributes['own.start'], '/a');
          assert.equal(span.attributes['own.end'], '/a');
          assert.deepEqual(seen, ['start', 'end']);
        },
        {
          onStart(span, url) {
            seen.push('start');
            span.setAttribute('own.start', url.pathname);
          },
          onEnd(span, url) {
            seen.push('end');
            span.setAttribute('own.end', url.pathname);
          },
        },
      );
    },
  },
  {
    title: 'hooks that throw or reject change nothing',
    run: (subject, recorder) =>
      callTarget(
        subject,
        answerOk,
        async (client, { url }) => {
          assert.equal((await client.request('GET', url)).body, 'ok');
          const span = await recorder.take('GET');
          assert.equal(span.status, 'UNSET');
          assert.deepEqual(span.exceptions, []);
        },
        {
          onStart() {
            throw new Error('of the application');
          },
          onEnd: async () => {
            throw new Error('of the application');
          },
        },
      ),
  },
];
