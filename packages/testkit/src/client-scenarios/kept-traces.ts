import assert from 'node:assert/strict';
import { context, TraceFlags, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import type { ClientSubject, TracedClient } from '../http-client-subject.ts';
import { type Answer, answerOk, callTarget, rejectionOf, type Target, valuesOf } from '../http-target.ts';
import {
  type HeardSignals,
  OWN_PROOF,
  PEER_ADDRESS,
  PEER_HEADER,
  PEER_PROOF,
  withKeepSignals,
} from '../keep-signals.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const OTHER_TRACE_ID = '11111111111111111111111111111111';

/** How services and clients agree on keeping a trace that was not sampled at its start: the side of the client. */
export const clientKeptTraceScenarios: readonly Scenario<ClientSubject>[] = [
  {
    title: 'a call that is not sampled proves that it is of a peer, once; one that is needs no proof',
    run: (subject, recorder) =>
      withKeepSignals(new Set(), () =>
        callTarget(subject, answerOk, async (client, { url, requests }) => {
          await unsampled(() => client.request('GET', url));
          await client.request('GET', url);
          await recorder.take('GET');
          assert.deepEqual(
            requests.map((request) => valuesOf(request, PEER_HEADER)),
            [[OWN_PROOF], []],
          );
        }),
      ),
  },
  {
    title: 'no proof goes to where trace context does not, not even one that the caller passes on',
    run: async (subject) => {
      for (const verdict of [false, { trace: false, baggage: true, correlation: true }]) {
        await withKeepSignals(new Set(), () =>
          callTarget(
            subject,
            answerOk,
            async (client, { url, requests }) => {
              await unsampled(() => client.request('GET', url, { headers: { 'Throughline-Peer': 'of another' } }));
              assert.deepEqual(valuesOf(requests[0], PEER_HEADER), []);
            },
            { propagate: () => verdict },
          ),
        );
      }
    },
  },
  {
    title: 'a response that says that this very trace is kept is believed',
    run: (subject) =>
      listen(subject, `app;dur=1, trace;desc=00-${TRACE_ID}-b7ad6b7169203331-03`, ({ kept }) =>
        assert.deepEqual(kept, [TRACE_ID]),
      ),
  },
  {
    title: 'what a response says of another trace, or malformed, is not believed',
    run: async (subject) => {
      for (const timing of [
        `trace;desc=00-${OTHER_TRACE_ID}-b7ad6b7169203331-03`,
        `trace;desc=00-${TRACE_ID}-b7ad6b7169203331-02`,
        `trace;desc=00-${TRACE_ID}-b7ad6b7169203331-03f`,
        `trace;desc=01-${TRACE_ID}-b7ad6b7169203331-03`,
        `traced;desc=00-${TRACE_ID}-b7ad6b7169203331-03`,
        `app;desc="trace;desc=00-${TRACE_ID}-b7ad6b7169203331-03"`,
        `${TRACE_ID}${','.repeat(4000)}`,
      ]) {
        await listen(subject, timing, ({ kept }) => assert.deepEqual(kept, [], timing));
      }
    },
  },
  {
    title: 'a service that proves to be a peer is noted as one that has a part of the trace, and no other',
    run: async (subject) => {
      const answer =
        (proof: string): Answer =>
        (_request, response) =>
          response.setHeader(PEER_HEADER, proof).end('ok');
      await heardOf(subject, answer(PEER_PROOF), ({ involved, missed }) => {
        assert.deepEqual([...new Set(involved)], [`${TRACE_ID} ${PEER_ADDRESS}`]);
        assert.deepEqual(missed, []);
      });
      await heardOf(subject, answer('forged'), ({ involved }) => assert.deepEqual(involved, []));
    },
  },
  {
    title: 'a call without an answer is noted, as the service may have a part of the trace',
    run: (subject) =>
      withKeepSignals(new Set(), (heard) =>
        callTarget(
          subject,
          (request) => void request.socket.destroy(),
          async (client, { url, port }) => {
            await unsampled(() => rejectionOf(client.request('GET', url)));
            assert.deepEqual(heard.missed, [`${TRACE_ID} 127.0.0.1:${port}`]);
            assert.deepEqual(heard.involved, []);
          },
        ),
      ),
  },
];

/** Makes calls of a trace that a service in front of this one has begun and not sampled. */
function unsampled<Result>(run: () => Result): Result {
  const ids = { traceId: TRACE_ID, spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.NONE, isRemote: true };
  return context.with(trace.setSpanContext(context.active(), ids), run);
}

function listen(subject: ClientSubject, timing: string, check: (heard: HeardSignals) => void): Promise<void> {
  return heardOf(subject, (_request, response) => response.setHeader('server-timing', timing).end('ok'), check);
}

async function heardOf(subject: ClientSubject, answer: Answer, check: (heard: HeardSignals) => void): Promise<void> {
  await withKeepSignals(new Set(), (heard) =>
    callTarget(subject, answer, async (client: TracedClient, { url }: Target) => {
      await unsampled(() => client.request('GET', url));
      check(heard);
    }),
  );
}
