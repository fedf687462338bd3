import { clientAttributeScenarios } from './client-scenarios/attributes.ts';
import { clientBodyScenarios } from './client-scenarios/bodies.ts';
import { clientFailureScenarios } from './client-scenarios/failures.ts';
import { clientKeptTraceScenarios } from './client-scenarios/kept-traces.ts';
import { clientMeasurementScenarios } from './client-scenarios/measurements.ts';
import { clientPropagationScenarios } from './client-scenarios/propagation.ts';
import {
  checkContract,
  defineContract,
  type Runner,
  type Scenario,
  type Skips,
  scenariosNamed,
  type Verdict,
} from './contract.ts';
import type { ClientSubject } from './http-client-subject.ts';

/** Everything that a traced client must do, over real sockets, by theme. */
export const clientThemes: Readonly<Record<string, readonly Scenario<ClientSubject>[]>> = {
  Propagation: clientPropagationScenarios,
  'Kept traces': clientKeptTraceScenarios,
  Attributes: clientAttributeScenarios,
  'Errors, timeouts and calls given up': clientFailureScenarios,
  'Bodies and redirects': clientBodyScenarios,
  Measurements: clientMeasurementScenarios,
};

/** The scenarios of all themes. */
export const clientScenarios: readonly Scenario<ClientSubject>[] = Object.values(clientThemes).flat();

/**
 * Registers the contract of traced clients as tests. The kit owns the services that are called; `create` only makes the
 * client.
 *
 * @example
 * httpClientContract({ describe, it, name: 'fetch', create: createFetchClient });
 */
export function httpClientContract(contract: Runner & ClientSubject & { skip?: Skips }): void {
  defineContract(contract, `${contract.name} keeps the HTTP client contract`, clientScenarios, contract, contract.skip);
}

/**
 * Runs the contract without a test runner and says which scenarios fail; only those with the titles given, if any are.
 * Throws if a title names no scenario.
 */
export function checkHttpClient(subject: ClientSubject, titles?: readonly string[]): Promise<Verdict[]> {
  return checkContract(titles === undefined ? clientScenarios : scenariosNamed(clientScenarios, titles), subject);
}
