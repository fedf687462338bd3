import { diag } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import { type KeepSignals, provideKeepSignals } from '@throughline/core/keep-signals';
import type { KeepReason } from '../tail/verdicts.ts';
import { HostPeers } from './host-peers.ts';
import { MessageInbox } from './keep-inbox.ts';
import { type KeepMessage, KeepMessages, type KeepNews } from './keep-message.ts';
import { KeepOutbox } from './keep-outbox.ts';
import type { KeepTransport } from './keep-transport.ts';
import type { PeerSettings } from './peer-options.ts';
import { isAddress, PeerProofs } from './peer-proof.ts';
import { PeerSecret } from './peer-secret.ts';
import { PeerCounter, type PeerStats } from './peer-stats.ts';
import { TracePeers } from './trace-peers.ts';
import { TwoGenerations } from './two-generations.ts';

/** As much of a hold as it takes to keep traces together with others. */
export type KeepingHold = {
  keep(traceId: string, reason: KeepReason): boolean;
  isKept(traceId: string): boolean;
  whenKept(callback: (traceId: string, reason: KeepReason) => void): void;
};

const MAX_TOLD = 20_000;
// After that, peers have given up on what they hold, unless it is still under way; then it is noted again.
const TIMES_HELD = 2;

/**
 * Keeps traces whole across services. It knows which peers have a part of which trace, by the calls between them, and tells
 * each of them once that the trace is kept, as soon as one has said so or a rule here applies; they tell others. Only keeps
 * are told, never drops, so that what is lost, late or told twice makes nothing worse than it would be without.
 */
export class KeepPeers implements KeepSignals {
  readonly #hold: KeepingHold;
  readonly #transport: KeepTransport | undefined;
  readonly #counter = new PeerCounter();
  readonly #proofs: PeerProofs;
  readonly #messages: KeepMessages;
  readonly #inbox: MessageInbox;
  readonly #outbox: KeepOutbox;
  readonly #announcements: KeepOutbox;
  readonly #involved: TracePeers;
  readonly #told: TwoGenerations<Set<string>>;
  readonly #hosts = new HostPeers();
  readonly #leave: () => void;
  readonly #ready: Promise<void>;

  /** @param holdMs how long traces are held */
  constructor(hold: KeepingHold, holdMs: number, { secrets, transport, now }: PeerSettings) {
    const secret = new PeerSecret(secrets);
    this.#hold = hold;
    this.#involved = new TracePeers(TIMES_HELD * holdMs);
    this.#told = new TwoGenerations(MAX_TOLD, TIMES_HELD * holdMs);
    this.#transport = transport;
    this.#proofs = new PeerProofs(secret, this.#counter, now);
    this.#messages = new KeepMessages(secret, this.#counter, now);
    this.#inbox = new MessageInbox(this.#messages, this.#counter, now, (message) => this.#hear(message));
    const outbox = (news: KeepNews, count: 'told' | 'announced'): KeepOutbox =>
      new KeepOutbox((address, traceIds) => this.#send(news, address, traceIds), this.#counter, count);
    this.#outbox = outbox('kept', 'told');
    this.#announcements = outbox('part', 'announced');
    hold.whenKept((traceId) => this.#tellAll(traceId));
    this.#leave = provideKeepSignals(this);
    this.#ready = this.#open();
  }

  get reachable(): boolean {
    return this.#proofs.address !== '';
  }

  proof(): string {
    return this.#proofs.text();
  }

  verify(proof: string): string | undefined {
    return this.#proofs.verify(proof);
  }

  isKept(traceId: string): boolean {
    return this.#hold.isKept(traceId);
  }

  keep(traceId: string): void {
    if (this.#hold.isKept(traceId)) return;
    if (this.#hold.keep(traceId, 'peer')) this.#counter.kept += 1;
    // Who is not held here, or not any more, may still have peers who hold theirs.
    this.#tellAll(traceId);
  }

  involve(traceId: string, address: string): void {
    if (this.#transport === undefined || address === this.#proofs.address) return;
    if (this.#hold.isKept(traceId)) this.#tell(traceId, address);
    else this.#involved.add(traceId, address);
  }

  join(traceId: string, address: string): void {
    if (!this.reachable || address === this.#proofs.address) return;
    if (this.#hold.isKept(traceId)) this.#tell(traceId, address);
    else if (this.#involved.add(traceId, address)) this.#announcements.add(address, traceId);
  }

  meet(host: string, address: string): void {
    if (this.#transport !== undefined) this.#hosts.add(host, address);
  }

  miss(traceId: string, host: string): void {
    for (const address of this.#hosts.of(host)) this.involve(traceId, address);
  }

  /** What became of the news. */
  stats(): PeerStats {
    return this.#counter.stats();
  }

  /** Resolves when this instance can be told of kept traces, or never will. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Tells peers what waits for them. Never rejects. */
  async flush(): Promise<void> {
    await Promise.all([this.#outbox.flush(), this.#announcements.flush()]);
  }

  /** Tells peers what waits for them, and ends. Never rejects. */
  async shutdown(): Promise<void> {
    this.#leave();
    await this.#ready;
    await this.flush();
    this.#outbox.close();
    this.#announcements.close();
    await this.#transport?.close();
  }

  async #open(): Promise<void> {
    try {
      const address = await this.#transport?.open(this.#inbox);
      if (address === undefined) return;
      if (!isAddress(address)) throw new Error('its address is not of letters, digits and `_.:/[]-`');
      this.#inbox.address = address;
      this.#proofs.address = address;
    } catch (thrown) {
      diag.error(
        `[sampling] Peers cannot tell this instance which traces they keep: ${errorMessage(thrown)}. Responses still do.`,
      );
    }
  }

  #hear({ from, news, traceIds }: KeepMessage): void {
    for (const traceId of traceIds) {
      if (news === 'part') {
        if (from !== '') this.involve(traceId, from);
        continue;
      }
      if (from !== '') {
        this.#outbox.remove(from, traceId);
        this.#noteTold(traceId, from);
      }
      this.keep(traceId);
    }
  }

  #tellAll(traceId: string): void {
    for (const address of this.#involved.take(traceId)) this.#tell(traceId, address);
  }

  #tell(traceId: string, address: string): void {
    if (this.#noteTold(traceId, address)) this.#outbox.add(address, traceId);
  }

  /** Whether a peer did not know of a trace before. */
  #noteTold(traceId: string, address: string): boolean {
    const told = this.#told.get(traceId);
    if (told === undefined) this.#told.set(traceId, new Set([address]));
    else if (told.has(address)) return false;
    else told.add(address);
    return true;
  }

  async #send(news: KeepNews, address: string, traceIds: readonly string[]): Promise<void> {
    await this.#transport?.send(address, this.#messages.write(news, this.#proofs.address, address, traceIds));
  }
}
