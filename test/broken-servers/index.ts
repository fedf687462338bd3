import { attributeDefects } from './attributes.ts';
import { contextDefects } from './context.ts';
import { correlationDefects } from './correlation.ts';
import { endingDefects } from './endings.ts';
import { failureDefects } from './failures.ts';
import { keptTraceDefects } from './kept-traces.ts';
import { measurementDefects } from './measurements.ts';
import { neighbourDefects } from './neighbours.ts';
import { propagationDefects } from './propagation.ts';
import { routeDefects } from './routes.ts';
import type { BrokenServer } from './server-mutation.ts';

/** Server adapters with one defect each, every one of which the contract kit must reject. */
export const brokenServers: readonly BrokenServer[] = [
  ...routeDefects,
  ...attributeDefects,
  ...failureDefects,
  ...propagationDefects,
  ...keptTraceDefects,
  ...contextDefects,
  ...correlationDefects,
  ...endingDefects,
  ...measurementDefects,
  ...neighbourDefects,
];
