import {
  checkContract,
  defineContract,
  type Runner,
  type Scenario,
  type Skips,
  scenariosNamed,
  type Verdict,
} from './contract.ts';
import { messageFailureScenarios } from './message-scenarios/failures.ts';
import { messageAbilityScenarios, messageHandlingScenarios } from './message-scenarios/handling.ts';
import { messagePropagationScenarios } from './message-scenarios/propagation.ts';
import type { MessageSubject } from './message-subject.ts';

/** Everything that a traced client of a message broker must do, against a real broker, by theme. */
export const messageThemes: Readonly<Record<string, readonly Scenario<MessageSubject>[]>> = {
  'Propagation beside messages': messagePropagationScenarios,
  'Handlers and their spans': messageHandlingScenarios,
  'Failures and redeliveries': messageFailureScenarios,
  'What some brokers have': messageAbilityScenarios,
};

/** The scenarios of all themes. */
export const messageScenarios: readonly Scenario<MessageSubject>[] = Object.values(messageThemes).flat();

/**
 * Registers the contract of traced message brokers as tests. `start` connects to a broker that is running.
 *
 * @example
 * messageContract({ describe, it, name: 'amqplib', start: startAmqplib });
 */
export function messageContract(contract: Runner & MessageSubject & { skip?: Skips }): void {
  defineContract(contract, `${contract.name} keeps the message contract`, messageScenarios, contract, contract.skip);
}

/**
 * Runs the contract without a test runner and says which scenarios fail; only those with the titles given, if any are.
 * Throws if a title names no scenario.
 */
export function checkMessages(subject: MessageSubject, titles?: readonly string[]): Promise<Verdict[]> {
  return checkContract(titles === undefined ? messageScenarios : scenariosNamed(messageScenarios, titles), subject);
}
