/**
 * How instances reach each other to tell which traces they keep. What it carries is proven and protected already; it need
 * only get there, mostly, and soon.
 */
export type KeepTransport = {
  /**
   * Begins to listen. Resolves with the address at which others reach this instance: 1 to 128 letters, digits and
   * `_.:/[]-`. Messages, as they come, go into the inbox.
   */
  open(inbox: KeepInbox): Promise<string>;
  /** Delivers a message to the instance at an address. Rejects if that cannot be done, within some seconds. */
  send(address: string, message: string): Promise<void>;
  /** Frees all that it holds. Must not reject. */
  close(): Promise<void>;
};

/** Where a transport puts the messages that come. */
export type KeepInbox = {
  /** How long a message may be. */
  readonly maxLength: number;
  /** Reads a message; whether it was one of a peer. Never throws. */
  take(message: string): boolean;
  /** Counts a message that is too long to be read. */
  refuse(): void;
};
