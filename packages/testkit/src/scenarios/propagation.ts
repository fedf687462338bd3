import assert from 'node:assert/strict';
import { context, propagation, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;

/** Answers with what the handler sees of the trace. */
const whoami: KitRoute = {
  method: 'GET',
  path: '/whoami',
  handle() {
    const active = trace.getSpanContext(context.active());
    const tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    return { body: JSON.stringify({ traceId: active?.traceId, flags: active?.traceFlags, tenant }) };
  },
};

export const propagationScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'an inbound trace is continued and its baggage is readable',
    run: (subject, recorder) =>
      serve(subject, [whoami], async (url) => {
        const { body } = await send(`${url}/whoami`, { headers: { traceparent, baggage: 'tenant=acme' } });
        const span = await recorder.take('GET /whoami');
        assert.equal(span.traceId, TRACE_ID);
        assert.equal(span.parentSpanId, PARENT_ID);
        assert.deepEqual(JSON.parse(body), { traceId: TRACE_ID, flags: 1, tenant: 'acme' });
      }),
  },
  {
    title: 'an inbound trace that is not sampled stays so, and handlers still know its id',
    run: (subject) =>
      serve(subject, [whoami], async (url) => {
        const { body } = await send(`${url}/whoami`, { headers: { traceparent: traceparent.replace(/01$/, '00') } });
        assert.deepEqual(JSON.parse(body), { traceId: TRACE_ID, flags: 0 });
      }),
  },
  {
    title: 'a malformed trace context starts a new trace',
    run: (subject, recorder) =>
      serve(subject, [whoami], async (url) => {
        for (const malformed of ['garbage', `00-${'0'.repeat(32)}-${PARENT_ID}-01`, `${traceparent}, ${traceparent}`]) {
          await send(`${url}/whoami`, { headers: { traceparent: malformed } });
          const span = await recorder.take('GET /whoami');
          assert.equal(span.parentSpanId, undefined);
          assert.notEqual(span.traceId, TRACE_ID);
        }
      }),
  },
  {
    title: 'a request that is not trusted starts a new trace and its baggage is dropped',
    run: (subject, recorder) =>
      serve(
        subject,
        [whoami],
        async (url) => {
          const { body } = await send(`${url}/whoami`, { headers: { traceparent, baggage: 'tenant=acme' } });
          const span = await recorder.take('GET /whoami');
          assert.notEqual(span.traceId, TRACE_ID);
          assert.equal(span.parentSpanId, undefined);
          assert.deepEqual(span.links, []);
          assert.deepEqual(JSON.parse(body), { traceId: span.traceId, flags: 1 });
        },
        { options: { trust: () => 'ignore' } },
      ),
  },
  {
    title: 'a request that is trusted only so far starts a new trace that links to its own',
    run: (subject, recorder) =>
      serve(
        subject,
        [whoami],
        async (url) => {
          await send(`${url}/whoami`, { headers: { traceparent } });
          const linked = await recorder.take('GET /whoami');
          assert.notEqual(linked.traceId, TRACE_ID);
          assert.equal(linked.parentSpanId, undefined);
          assert.deepEqual(linked.links, [{ traceId: TRACE_ID, spanId: PARENT_ID }]);
          await send(`${url}/whoami`);
          assert.deepEqual((await recorder.take('GET /whoami')).links, []);
        },
        { options: { trust: () => 'link' } },
      ),
  },
  {
    title: 'a trust decision that throws counts as a stranger',
    run: (subject, recorder) =>
      serve(
        subject,
        [whoami],
        async (url) => {
          const { status } = await send(`${url}/whoami`, { headers: { traceparent } });
          assert.equal(status, 200);
          assert.notEqual((await recorder.take('GET /whoami')).traceId, TRACE_ID);
        },
        {
          options: {
            trust() {
              throw new Error('the list of peers is gone');
            },
          },
        },
      ),
  },
];
