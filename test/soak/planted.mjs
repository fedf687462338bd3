import { connect } from 'node:net';
import { trace } from '@opentelemetry/api';

/** @type {Map<number, string>} */
const kept = new Map();
let items = 0;

/**
 * What the soak must find: each is done once for every item that is asked for.
 * @type {Record<string, (port: number) => void>}
 */
export const PLANTED = {
  'a map that grows': () => void kept.set(kept.size, `${kept.size}`.padEnd(100, '.').toUpperCase()),
  'a span that never ends': () => void trace.getTracer('planted').startSpan('planted'),
  'a socket that stays open'(port) {
    items += 1;
    // For all of them a system has too few.
    if (items % 100 === 0) connect(port, '127.0.0.1').on('error', () => {});
  },
};
