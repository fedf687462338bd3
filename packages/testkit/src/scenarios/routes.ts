import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import { send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const answer = () => ({ body: 'ok' });
const item: KitRoute = { method: 'GET', path: '/items/:id', handle: answer };

export const routeScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'the span is named by method and route template, and no parameter value gets in',
    run: (subject, recorder) =>
      serve(subject, [item], async (url) => {
        await send(`${url}/items/4711`);
        const span = await recorder.take('GET /items/:id');
        assert.equal(span.kind, 'SERVER');
        assert.equal(span.attributes['http.route'], '/items/:id');
        assert.ok(!span.name.includes('4711'));
      }),
  },
  {
    title: 'the route at the root is a slash',
    run: (subject, recorder) =>
      serve(subject, [{ ...item, path: '/' }], async (url) => {
        await send(`${url}/?a=1`);
        const span = await recorder.take('GET /');
        assert.equal(span.attributes['http.route'], '/');
      }),
  },
  {
    title: 'the route of a mounted router has the mount prefix',
    run: (subject, recorder) =>
      serve(subject, [{ ...item, mount: '/api' }], async (url) => {
        await send(`${url}/api/items/4711`);
        const span = await recorder.take('GET /api/items/:id');
        assert.equal(span.attributes['http.route'], '/api/items/:id');
      }),
  },
  {
    title: 'the route of a router under a parameter has the parameter, not its value',
    run: (subject, recorder) =>
      serve(subject, [{ ...item, mount: '/tenants/:tenant' }], async (url) => {
        await send(`${url}/tenants/acme/items/4711`);
        const span = await recorder.take('GET /tenants/:tenant/items/:id');
        assert.equal(span.attributes['http.route'], '/tenants/:tenant/items/:id');
      }),
  },
  {
    title: 'two routers with the same routes are told apart',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          { ...item, mount: '/v1' },
          { ...item, mount: '/v2' },
        ],
        async (url) => {
          await send(`${url}/v2/items/1`);
          await recorder.take('GET /v2/items/:id');
          await send(`${url}/v1/items/1`);
          await recorder.take('GET /v1/items/:id');
        },
      ),
  },
  {
    title: 'a path that no route matches has no route',
    run: (subject, recorder) =>
      serve(subject, [item], async (url) => {
        const { status } = await send(`${url}/secret-4711`);
        assert.equal(status, 404);
        const span = await recorder.take('GET');
        assert.equal(span.attributes['http.route'], undefined);
        assert.equal(span.attributes['http.response.status_code'], 404);
        assert.equal(span.status, 'UNSET');
      }),
  },
  {
    title: 'a path that no route matches is no failure, and its query is redacted wherever it is told',
    run: (subject, recorder) =>
      serve(subject, [item], async (url) => {
        const { status } = await send(`${url}/nowhere?token=s3cr3t`);
        assert.equal(status, 404);
        const span = await recorder.take('GET');
        assert.deepEqual(span.exceptions, []);
        assert.ok(!JSON.stringify(span).includes('s3cr3t'));
      }),
  },
  {
    title: 'a path that no route of a mounted router matches has no route',
    run: (subject, recorder) =>
      serve(subject, [{ ...item, mount: '/api' }], async (url) => {
        const { status } = await send(`${url}/api/secret-4711`);
        assert.equal(status, 404);
        const span = await recorder.take('GET');
        assert.equal(span.attributes['http.route'], undefined);
      }),
  },
  {
    title: 'a method that the route does not have has no route',
    run: (subject, recorder) =>
      serve(subject, [item], async (url) => {
        const { status } = await send(`${url}/items/4711`, { method: 'DELETE' });
        assert.ok(status === 404 || status === 405);
        const span = await recorder.take('DELETE');
        assert.equal(span.attributes['http.route'], undefined);
      }),
  },
  {
    title: 'a middleware that answers where no route matches leaves the span without a route',
    run: (subject, recorder) =>
      serve(
        subject,
        [item],
        async (url) => {
          const { status } = await send(`${url}/blocked`);
          assert.equal(status, 401);
          const span = await recorder.take('GET');
          assert.equal(span.attributes['http.route'], undefined);
          assert.equal(span.attributes['http.response.status_code'], 401);
        },
        {
          middleware: [
            (request, response, next) => {
              if (request.url !== '/blocked') return next();
              response.statusCode = 401;
              response.end();
            },
          ],
        },
      ),
  },
  {
    title: 'a HEAD request is named by the route that answers it',
    run: (subject, recorder) =>
      serve(subject, [item], async (url) => {
        const { status } = await send(`${url}/items/4711`, { method: 'HEAD' });
        assert.equal(status, 200);
        const span = await recorder.take('HEAD /items/:id');
        assert.equal(span.attributes['http.request.method'], 'HEAD');
        assert.equal(span.attributes['error.type'], undefined);
      }),
  },
  {
    title: 'the route of a handler that throws is kept',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          {
            ...item,
            handle() {
              throw new Error('broken');
            },
          },
        ],
        async (url) => {
          const { status } = await send(`${url}/items/4711`);
          assert.equal(status, 500);
          const span = await recorder.take('GET /items/:id');
          assert.equal(span.attributes['http.route'], '/items/:id');
        },
      ),
  },
];
