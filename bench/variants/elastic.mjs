// The agent starts on the command line: see matrix.mjs.
import apm from 'elastic-apm-node';
import { setup as bare } from './bare.mjs';

export const setup = () => ({ ...bare(), withSpan });

async function withSpan(name, run) {
  const span = apm.startSpan(name);
  try {
    return await run();
  } finally {
    span?.end();
  }
}
