import { TwoGenerations } from './two-generations.ts';

const MAX_HOSTS = 200;
const MAX_PEERS = 16;
const AGE_MS = 60_000;

/** Which peers have lately answered calls to which host: behind a balancer there are many. */
export class HostPeers {
  readonly #hosts = new TwoGenerations<string[]>(MAX_HOSTS, AGE_MS);

  add(host: string, address: string): void {
    const peers = this.#hosts.get(host);
    if (peers === undefined) this.#hosts.set(host, [address]);
    else if (!peers.includes(address)) {
      if (peers.length >= MAX_PEERS) peers.shift();
      peers.push(address);
    }
  }

  /** Those who answered last, at most 16. */
  of(host: string): readonly string[] {
    return this.#hosts.get(host) ?? [];
  }
}
