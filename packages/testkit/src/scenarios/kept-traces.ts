import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Scenario } from '../contract.ts';
import { open, type Received, responseTo, send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';
import { OWN_PROOF, PEER_ADDRESS, PEER_HEADER, PEER_PROOF, withKeepSignals } from '../keep-signals.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const UNSAMPLED = `00-${TRACE_ID}-b7ad6b7169203331-00`;
const SAMPLED = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const OF_A_PEER = { traceparent: UNSAMPLED, [PEER_HEADER]: PEER_PROOF };
const ENTRY = new RegExp(`trace;desc=00-${TRACE_ID}-[0-9a-f]{16}-0[13]$`);
const MAX_BYTES = 110;

const APP_TIMING = 'db;dur=5.3, cache;desc="hit"';

const plain: KitRoute = { method: 'GET', path: '/plain', handle: () => ({ body: 'ok' }) };

/** Routes that say something in `Server-Timing`, in every way there is. */
const timed: readonly KitRoute[] = [
  { method: 'GET', path: '/framework', handle: () => ({ body: 'ok', headers: { 'Server-Timing': APP_TIMING } }) },
  raw('/set-header', (response) => {
    response.setHeader('Server-Timing', APP_TIMING);
    response.end('ok');
  }),
  raw('/lines', (response) => {
    response.setHeader('server-timing', APP_TIMING.split(', '));
    response.end('ok');
  }),
  raw('/write-head', (response) => {
    response.writeHead(200, { 'Server-Timing': APP_TIMING }).end('ok');
  }),
  raw('/write-head-with-reason', (response) => {
    response.writeHead(200, 'Fine', { 'server-timing': APP_TIMING }).end('ok');
  }),
  raw('/write-head-with-list', (response) => {
    response.writeHead(200, ['x-other', 'kept', 'Server-Timing', APP_TIMING]).end('ok');
  }),
];

export const keptTraceScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'a peer is told in the response headers that its trace is kept, in few bytes',
    run: (subject) =>
      withKeepSignals(new Set([TRACE_ID]), () =>
        serve(subject, [plain], async (url) => {
          const { headers, body } = await send(`${url}/plain`, { headers: OF_A_PEER });
          assert.match(String(headers['server-timing']), ENTRY);
          assert.equal(body, 'ok');
          assert.ok(`server-timing: ${headers['server-timing']}\r\n`.length <= MAX_BYTES);
        }),
      ),
  },
  {
    title: 'what the application says in Server-Timing stays, in whatever way it says so',
    run: (subject) =>
      withKeepSignals(new Set([TRACE_ID]), () =>
        serve(subject, timed, async (url) => {
          for (const { path } of timed) {
            const { headers } = await send(url + path, { headers: OF_A_PEER });
            const [entry, ...own] = String(headers['server-timing']).split(', ').reverse();
            assert.match(String(entry), ENTRY, path);
            assert.equal(own.reverse().join(', '), APP_TIMING, path);
          }
        }),
      ),
  },
  {
    title: 'browsers, strangers, callers that are not trusted and those that keep the trace anyway are told nothing',
    run: async (subject, recorder) => {
      await withKeepSignals(new Set([TRACE_ID]), async (heard) => {
        await serve(subject, [plain, ...timed], async (url) => {
          expectNothing(await send(`${url}/plain`, { headers: { traceparent: UNSAMPLED } }));
          expectNothing(await send(`${url}/plain`, { headers: { ...OF_A_PEER, [PEER_HEADER]: 'forged' } }));
          expectNothing(await send(`${url}/plain`, { headers: { ...OF_A_PEER, traceparent: SAMPLED } }));
          await recorder.take('GET /plain');
          const { headers } = await send(`${url}/set-header`, { headers: { traceparent: UNSAMPLED } });
          assert.equal(headers['server-timing'], APP_TIMING);
        });
        const options = { trust: () => 'ignore' as const };
        await serve(
          subject,
          [plain],
          async (url) => {
            expectNothing(await send(`${url}/plain`, { headers: OF_A_PEER }));
            await recorder.take('GET /plain');
          },
          { options },
        );
        assert.deepEqual(heard.involved, []);
      });
    },
  },
  {
    title: 'a peer whose trace is not kept learns where to tell us, and is told when it is',
    run: (subject) =>
      withKeepSignals(new Set(), (heard) =>
        serve(subject, [plain], async (url) => {
          const { headers } = await send(`${url}/plain`, { headers: OF_A_PEER });
          assert.equal(headers[PEER_HEADER], OWN_PROOF);
          assert.equal(headers['server-timing'], undefined);
          assert.ok(heard.involved.includes(`${TRACE_ID} ${PEER_ADDRESS}`));
        }),
      ),
  },
  {
    title: 'a caller is told of a trace that is kept after the headers of its stream have left',
    run: async (subject) => {
      const kept = new Set<string>();
      await withKeepSignals(kept, async (heard) => {
        let release: (() => void) | undefined;
        const stream = raw('/stream', (response) => {
          response.writeHead(200);
          response.write('begun');
          release = () => void response.end('ended');
        });
        await serve(subject, [stream], async (url) => {
          const response = await responseTo(open(`${url}/stream`, { headers: OF_A_PEER }));
          await once(response, 'data');
          assert.equal(response.headers['server-timing'], undefined);
          assert.deepEqual(heard.involved, [`${TRACE_ID} ${PEER_ADDRESS}`]);
          kept.add(TRACE_ID);
          release?.();
          await once(response.resume(), 'end');
          // The server closes its side of the exchange after the client has seen its end.
          while (heard.involved.length < 2) await new Promise((resolve) => setImmediate(resolve));
          assert.deepEqual(new Set(heard.involved), new Set([`${TRACE_ID} ${PEER_ADDRESS}`]));
        });
      });
    },
  },
  {
    title: 'a proof that the application passes on from another response does not leave',
    run: (subject) =>
      withKeepSignals(new Set([TRACE_ID]), () =>
        serve(
          subject,
          [
            raw('/set', (response) => {
              response.setHeader(PEER_HEADER, 'of another');
              response.end('ok');
            }),
            raw('/written', (response) => {
              response.writeHead(200, { 'Throughline-Peer': 'of another', 'x-other': 'kept' }).end('ok');
            }),
          ],
          async (url) => {
            for (const headers of [{ traceparent: UNSAMPLED }, OF_A_PEER]) {
              assert.equal((await send(`${url}/set`, { headers })).headers[PEER_HEADER], undefined);
              const written = await send(`${url}/written`, { headers });
              assert.equal(written.headers[PEER_HEADER], undefined);
              assert.equal(written.headers['x-other'], 'kept');
            }
          },
        ),
      ),
  },
];

function raw(path: string, answer: (response: ServerResponse) => void): KitRoute {
  return {
    method: 'GET',
    path,
    handle({ response }) {
      answer(response);
      return undefined;
    },
  };
}

function expectNothing({ status, headers }: Received): void {
  assert.equal(status, 200);
  assert.equal(headers['server-timing'], undefined);
  assert.equal(headers[PEER_HEADER], undefined);
}
