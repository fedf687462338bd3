// Everything on and everything exported: spans, correlation ID, log fields.
import { ours } from './ours.mjs';

export const setup = (framework) => ours(framework, {});
