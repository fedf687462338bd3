// The tracer starts on the command line: see matrix.mjs.
import tracer from 'dd-trace';
import { setup as bare } from './bare.mjs';

export const setup = () => ({ ...bare(), withSpan: (name, run) => tracer.trace(name, run) });
