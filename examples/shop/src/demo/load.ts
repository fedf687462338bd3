import { checkout, popular, type Scenario, search } from './scenarios.ts';
import type { Answer } from './trace.ts';

/** A running load generator. */
export type Load = {
  /** Sends no more requests; resolves when the last one is answered. */
  stop(): Promise<void>;
};

/** Requests sent each second. */
export const REQUESTS_PER_SECOND = 20;

const MAX_IN_FLIGHT = 50;
const TIMEOUT_MS = 10_000;

/** Sends a steady load to the gateway: half searches, a few of them with the bad query, half orders. */
export function startLoad(gatewayUrl: string, onAnswer: (answer: Answer) => void): Load {
  const inFlight = new Set<Promise<void>>();
  let sent = 0;
  const timer = setInterval(() => {
    // A shop that does not keep up is not buried: the load waits for it.
    if (inFlight.size >= MAX_IN_FLIGHT) return;
    const answer = send(gatewayUrl, scenarioOf(sent)).then(onAnswer);
    sent += 1;
    inFlight.add(answer);
    void answer.finally(() => inFlight.delete(answer));
  }, 1000 / REQUESTS_PER_SECOND);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
    },
  };
}

function scenarioOf(index: number): Scenario {
  if (index % 2 === 1) return checkout;
  return index % 50 === 10 ? popular : search;
}

async function send(gatewayUrl: string, { name, method, path, body }: Scenario): Promise<Answer> {
  const startedAt = performance.now();
  const seen = await request(gatewayUrl + path, method, body);
  return { scenario: name, ...seen, durationMs: performance.now() - startedAt, atMs: Date.now() };
}

async function request(
  url: string,
  method: string,
  body: object | undefined,
): Promise<Pick<Answer, 'status' | 'failure' | 'requestId' | 'cached' | 'servedMs'>> {
  try {
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    const { headers, status } = response;
    const cached = headers.get('x-cache') === 'hit';
    return { status, requestId: headers.get('x-request-id') ?? undefined, cached, servedMs: totalOf(headers) };
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    return { status: undefined, requestId: undefined, failure: String(cause) };
  }
}

// https://www.w3.org/TR/server-timing/: what the gateway says it took is all of it but waiting for the gateway.
function totalOf(headers: Headers): number | undefined {
  const [, milliseconds] = /\btotal;dur=([\d.]+)/.exec(headers.get('server-timing') ?? '') ?? [];
  return milliseconds === undefined ? undefined : Number(milliseconds);
}
