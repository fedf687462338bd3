import { type Channel, channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { KitRoute, RunningServer, ServerSubject, ServerSubjectOptions } from '@throughline/testkit';
import { type Conversation, converse, NUMBER } from './conversation.ts';
import { converseOverHttp2 } from './http2-conversation.ts';
import { followHttp2Requests } from './http2-requests.ts';
import type { Program } from './program.ts';
import { Visit } from './visit.ts';

/** A server to run programs on. */
export type FuzzedSubject = ServerSubject & { readonly protocol?: 'HTTP/2' };

/** What a program came to on one server. */
export type Run = {
  /** One for each connection, or for each stream of HTTP/2. */
  readonly conversations: readonly Conversation[];
  /** By number, in the order of the program. */
  readonly visits: ReadonlyMap<string, Visit>;
  readonly uncaught: readonly string[];
};

/** The attribute that says which request a span is of. */
export const NUMBER_ATTRIBUTE = 'fuzz.request';

/** A server of a framework that stays for many programs. */
export type FuzzedServer = { run(program: Program): Promise<Run>; close(): Promise<void> };

// Node tells of each request before anybody else knows of it: https://nodejs.org/api/diagnostics_channel.html#http
const requestStart: Channel = channel('http.server.request.start');
const ROUTES = [
  { path: '/work/:id', template: '/work/:id' },
  { mount: '/api', path: '/things/:id', template: '/api/things/:id' },
];
/** How often to look whether a handler is done until it is broken off. */
const PATIENCE = 300;
const LOOK_MS = 5;
let count = 0;

/** Starts a server of this subject; `installations: 0` is the framework without tracing. */
export async function startFuzzed(subject: FuzzedSubject, installations: 0 | 1): Promise<FuzzedServer> {
  let visits: ReadonlyMap<string, Visit> = new Map();
  const options: ServerSubjectOptions = {
    onStart: (span, request) => void span.setAttribute(NUMBER_ATTRIBUTE, numberOf(request)),
  };
  const server: RunningServer = await subject.start({
    options,
    installations,
    middleware: [
      (request, _response, next) => {
        visits.get(numberOf(request))?.look('middleware');
        next();
      },
    ],
    routes: routes((number) => visits.get(number)),
    upgrade: undefined,
  });
  const follow = (request: IncomingMessage, response: ServerResponse): void =>
    visits.get(numberOf(request))?.reaches(response);
  const isHttp2 = subject.protocol === 'HTTP/2';
  const stopFollowing = isHttp2 ? followHttp2Requests(follow) : followRequests(follow);
  return {
    async run(program) {
      const planned = program.map(
        ({ requests }) => new Map(requests.map((each) => [String(count++), new Visit(each)])),
      );
      visits = new Map(planned.flatMap((each) => [...each]));
      const { conversations, uncaught } = await watched(async () => {
        const all = program.map(async (connection, index) => {
          const own = planned[index] ?? new Map();
          return isHttp2
            ? converseOverHttp2(server.url, connection, own)
            : [await converse(server.url, connection, own)];
        });
        const conversations = (await Promise.all(all)).flat();
        await settled([...visits.values()]);
        return conversations;
      });
      return { conversations, visits, uncaught };
    },
    async close() {
      stopFollowing();
      await server.close();
    },
  };
}

function followRequests(follow: (request: IncomingMessage, response: ServerResponse) => void): () => void {
  const read = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    follow(request, response);
  };
  requestStart.subscribe(read);
  return () => void requestStart.unsubscribe(read);
}

/**
 * Resolves when nothing of any handler goes on any more. Node stops reading a connection on which answers pile up behind one that
 * never ends, and does not see then that the client left: those are broken off here, with tracing and without.
 */
async function settled(visits: readonly Visit[]): Promise<void> {
  let isSettled = false;
  const all = Promise.all(visits.map((visit) => visit.settled())).finally(() => {
    isSettled = true;
  });
  // Counted, as time also passes when a busy machine lets nobody do anything.
  for (let looks = 0; looks < PATIENCE && !isSettled; looks += 1) await delay(LOOK_MS);
  if (!isSettled) for (const visit of visits) visit.breakOff();
  await all;
}

/** Runs with what nobody catches noted instead of reported. */
async function watched(
  run: () => Promise<readonly Conversation[]>,
): Promise<{ conversations: readonly Conversation[]; uncaught: string[] }> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const others = events.map((event) => process.rawListeners(event) as ((...args: unknown[]) => void)[]);
  const uncaught: string[] = [];
  const note = (thrown: unknown): void => void uncaught.push(String(thrown));
  for (const event of events) process.removeAllListeners(event).on(event, note);
  try {
    const conversations = await run();
    await new Promise((resolve) => setImmediate(resolve));
    return { conversations, uncaught };
  } finally {
    for (const [index, event] of events.entries()) {
      process.removeAllListeners(event);
      for (const listener of others[index] ?? []) process.on(event, listener);
    }
  }
}

function routes(visit: (number: string) => Visit | undefined): KitRoute[] {
  return (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap((method) =>
    ROUTES.map(({ template, ...place }) => ({
      ...place,
      method,
      handle: async (exchange) => visit(numberOf(exchange.request))?.handle(template, exchange),
    })),
  );
}

function numberOf(request: IncomingMessage): string {
  return String(request.headers[NUMBER]);
}

/** What may be in `http.route`. */
export const TEMPLATES: readonly string[] = ROUTES.map(({ template }) => template);
