import { KeepPeers, type PeerOptions, readPeerOptions } from '@throughline/sampling';
import { createHold, type TestSpan, traceId } from '../tail/spans.ts';

export const SECRET = 'known to all peers of the tests';

/** A hold with peers, and the spans that came out of it. */
export type TestPeer = ReturnType<typeof createPeer>;

export function createPeer(options: Partial<PeerOptions> = {}, now: () => number = Date.now) {
  const held = createHold();
  const settings = { ...readPeerOptions({ secret: SECRET, ...options }), now };
  const peers = new KeepPeers(held.hold, 10_000, settings);
  return {
    ...held,
    peers,
    /** Serves a request of this trace, which is not sampled. */
    serve: (trace: number, error = false): TestSpan => {
      const span = held.start({ trace });
      held.end(span, { error });
      return span;
    },
    /** Makes known to each other that both have a part of a trace, as a call between them does. */
    call(trace: number, callee: { peers: KeepPeers }): void {
      const caller = callee.peers.verify(peers.proof());
      const answered = peers.verify(callee.peers.proof());
      if (caller === undefined || answered === undefined) throw new Error('They are no peers.');
      callee.peers.involve(traceId(trace), caller);
      peers.involve(traceId(trace), answered);
    },
  };
}

/** Resolves when something is so. Fails by the timeout of the test if it never is. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The address that a peer has on a transport, once it is there. */
export async function addressOf({ peers }: { peers: KeepPeers }): Promise<string> {
  await peers.ready;
  return peers.proof().split('.').slice(3).join('.');
}
