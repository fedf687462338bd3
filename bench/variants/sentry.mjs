import { startSpan } from '@sentry/node';
import { setup as bare } from './bare.mjs';

export const setup = () => ({ ...bare(), withSpan: (name, run) => startSpan({ name }, run) });
