import assert from 'node:assert/strict';
import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';

/** What is published of an exchange or a call that has ended, as far as the kit looks at it. */
export type Measurement = {
  readonly method: string;
  readonly scheme?: string;
  readonly route?: string | undefined;
  readonly origin?: { readonly address: string; readonly port: number };
  readonly statusCode: number | undefined;
  readonly errorType: string | undefined;
  readonly durationMs: number;
  readonly requestBodySize?: number | undefined;
  readonly responseBodySize: number | undefined;
  readonly longLived?: string | undefined;
  readonly span: { spanContext(): { readonly traceId: string; readonly spanId: string } };
};

/** What was published while something ran. */
export type Measurements = {
  readonly started: number;
  readonly ended: readonly Measurement[];
  /** Resolves with the next one that nobody has taken. */
  take(): Promise<Measurement>;
};

const SERVER_START = 'throughline:http.server.request.start';
const SERVER_END = 'throughline:http.server.request.end';
const CLIENT_END = 'throughline:http.client.request.end';
const PATIENCE_MS = 10_000;

/** Subscribes to what is published of exchanges while `use` runs. Fails if any was not taken, or begins and never ends. */
export async function measureExchanges(use: (measurements: Measurements) => Promise<void>): Promise<void> {
  let started = 0;
  const onStart = (): void => {
    started += 1;
  };
  subscribe(SERVER_START, onStart);
  try {
    await measure(SERVER_END, () => started, use);
  } finally {
    unsubscribe(SERVER_START, onStart);
  }
}

/** Subscribes to what is published of calls while `use` runs. Fails if any was not taken. */
export function measureCalls(use: (measurements: Measurements) => Promise<void>): Promise<void> {
  return measure(CLIENT_END, () => 0, use);
}

async function measure(
  channel: string,
  startedSoFar: () => number,
  use: (measurements: Measurements) => Promise<void>,
): Promise<void> {
  const ended: Measurement[] = [];
  let taken = 0;
  let look = (): void => {};
  const onEnd: ChannelListener = (message) => {
    ended.push(message as Measurement);
    look();
  };
  subscribe(channel, onEnd);
  try {
    await use({
      get started() {
        return startedSoFar();
      },
      ended,
      take: () =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('[testkit] Nothing was measured.')), PATIENCE_MS);
          look = () => {
            const next = ended[taken];
            if (next === undefined) return;
            taken += 1;
            look = () => {};
            clearTimeout(timer);
            resolve(next);
          };
          look();
        }),
    });
    assert.equal(ended.length, taken, '[testkit] Something was measured that nobody took.');
  } finally {
    unsubscribe(channel, onEnd);
  }
}
