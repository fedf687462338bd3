import { type KeepMessage, type KeepMessages, MAX_MESSAGE_LENGTH } from './keep-message.ts';
import type { KeepInbox } from './keep-transport.ts';
import type { PeerCounter } from './peer-stats.ts';

const PER_SECOND = 1000;

/** Reads the messages that a transport brings, not more of them than there can be. */
export class MessageInbox implements KeepInbox {
  readonly maxLength = MAX_MESSAGE_LENGTH;
  readonly #messages: KeepMessages;
  readonly #counter: PeerCounter;
  readonly #onMessage: (message: KeepMessage) => void;
  readonly #now: () => number;
  #second = 0;
  #taken = 0;
  /** Where messages to this instance go. */
  address = '';

  /** @param now a clock in milliseconds since 1970 */
  constructor(
    messages: KeepMessages,
    counter: PeerCounter,
    now: () => number,
    onMessage: (message: KeepMessage) => void,
  ) {
    this.#messages = messages;
    this.#counter = counter;
    this.#now = now;
    this.#onMessage = onMessage;
  }

  take(message: string): boolean {
    if (!this.#mayRead()) {
      this.#counter.refused += 1;
      return false;
    }
    const read = this.#messages.read(message, this.address);
    if (read !== undefined) this.#onMessage(read);
    return read !== undefined;
  }

  refuse(): void {
    this.#counter.malformed += 1;
  }

  #mayRead(): boolean {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#taken = 0;
    }
    this.#taken += 1;
    return this.#taken <= PER_SECOND;
  }
}
