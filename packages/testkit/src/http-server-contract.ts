import { checkContract, defineContract, type Runner, type Scenario, type Skips, type Verdict } from './contract.ts';
import type { ServerSubject } from './http-server-subject.ts';
import { abortScenarios } from './scenarios/aborts.ts';
import { attributeScenarios } from './scenarios/attributes.ts';
import { contextScenarios } from './scenarios/context.ts';
import { correlationScenarios } from './scenarios/correlation.ts';
import { failureScenarios } from './scenarios/failures.ts';
import { neighbourScenarios } from './scenarios/neighbours.ts';
import { propagationScenarios } from './scenarios/propagation.ts';
import { routeScenarios } from './scenarios/routes.ts';
import { streamScenarios } from './scenarios/streams.ts';

/** Everything that a server adapter must do, over real sockets. */
export const serverScenarios: readonly Scenario<ServerSubject>[] = [
  ...routeScenarios,
  ...attributeScenarios,
  ...failureScenarios,
  ...propagationScenarios,
  ...contextScenarios,
  ...correlationScenarios,
  ...streamScenarios,
  ...abortScenarios,
  ...neighbourScenarios,
];

/**
 * Registers the contract of server adapters as tests. The kit owns routes and handlers; `start` only mounts them.
 *
 * @example
 * httpServerContract({ describe, it, name: 'express', start: startExpress });
 */
export function httpServerContract(contract: Runner & ServerSubject & { skip?: Skips }): void {
  defineContract(contract, `${contract.name} keeps the HTTP server contract`, serverScenarios, contract, contract.skip);
}

/** Runs the contract without a test runner and says which scenarios fail. */
export function checkHttpServer(subject: ServerSubject): Promise<Verdict[]> {
  return checkContract(serverScenarios, subject);
}
