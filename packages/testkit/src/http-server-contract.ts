import {
  checkContract,
  defineContract,
  type Runner,
  type Scenario,
  type Skips,
  scenariosNamed,
  type Verdict,
} from './contract.ts';
import type { ServerSubject } from './http-server-subject.ts';
import { abortScenarios } from './scenarios/aborts.ts';
import { abuseScenarios } from './scenarios/abuse.ts';
import { attributeScenarios } from './scenarios/attributes.ts';
import { connectionScenarios } from './scenarios/connections.ts';
import { contextScenarios } from './scenarios/context.ts';
import { correlationScenarios } from './scenarios/correlation.ts';
import { failureScenarios } from './scenarios/failures.ts';
import { growthScenarios } from './scenarios/growth.ts';
import { http2Scenarios } from './scenarios/http2.ts';
import { keptTraceScenarios } from './scenarios/kept-traces.ts';
import { measurementScenarios } from './scenarios/measurements.ts';
import { neighbourScenarios } from './scenarios/neighbours.ts';
import { propagationScenarios } from './scenarios/propagation.ts';
import { routeScenarios } from './scenarios/routes.ts';
import { streamScenarios } from './scenarios/streams.ts';
import { uploadScenarios } from './scenarios/uploads.ts';
import type { RecorderOptions } from './span-recorder.ts';

/** Everything that a server adapter must do, over real sockets, by theme. */
export const serverThemes: Readonly<Record<string, readonly Scenario<ServerSubject>[]>> = {
  'Routes and names': routeScenarios,
  Attributes: attributeScenarios,
  'Status and errors': failureScenarios,
  'Propagation and trust': propagationScenarios,
  'Kept traces': keptTraceScenarios,
  Context: contextScenarios,
  'Correlation ID': correlationScenarios,
  Streams: streamScenarios,
  Uploads: uploadScenarios,
  'Clients that leave': abortScenarios,
  Connections: connectionScenarios,
  Measurements: measurementScenarios,
  'Good neighbour': neighbourScenarios,
  Abuse: abuseScenarios,
  Growth: growthScenarios,
};

/** The scenarios of all themes. */
export const serverScenarios: readonly Scenario<ServerSubject>[] = Object.values(serverThemes).flat();

/**
 * Registers the contract of server adapters as tests. The kit owns routes and handlers; `start` only mounts them.
 *
 * @example
 * httpServerContract({ describe, it, name: 'express', start: startExpress });
 */
export function httpServerContract(contract: Runner & ServerSubject & { skip?: Skips }): void {
  defineContract(contract, `${contract.name} keeps the HTTP server contract`, serverScenarios, contract, contract.skip);
}

/**
 * Registers the part of the contract that differs over HTTP/2 as tests. `start` serves HTTP/2 without TLS; a framework
 * that does not offer it has no such test.
 */
export function http2ServerContract(contract: Runner & ServerSubject & { skip?: Skips }): void {
  defineContract(
    contract,
    `${contract.name} keeps the HTTP/2 server contract`,
    http2Scenarios,
    contract,
    contract.skip,
  );
}

/** Which scenarios to run, and how. */
export type CheckOptions = RecorderOptions & {
  /**
   * The titles of the scenarios to run, those of HTTP/2 among them.
   * @default all of them but those of HTTP/2
   */
  titles?: readonly string[];
};

/**
 * Runs the contract without a test runner and says which scenarios fail. Throws if a title names no scenario.
 */
export function checkHttpServer(subject: ServerSubject, options: CheckOptions = {}): Promise<Verdict[]> {
  const { titles } = options;
  const scenarios =
    titles === undefined ? serverScenarios : scenariosNamed([...serverScenarios, ...http2Scenarios], titles);
  return checkContract(scenarios, subject, options);
}
