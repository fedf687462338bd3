import { randomBytes } from 'node:crypto';

/** Ids for a context that is not recorded but whose callees and log lines still need some. */
export function randomSpanContext(): { traceId: string; spanId: string } {
  const text = randomBytes(24).toString('hex');
  return { traceId: text.slice(0, 32), spanId: text.slice(32) };
}
