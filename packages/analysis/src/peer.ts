import type { Attributes, Span } from './span.ts';

/** What stands at an end of a call. */
export type NodeKind = 'service' | 'database' | 'queue' | 'peer';

/** The other side of a call as a span names it, where that side records no spans of its own. */
export type Peer = { readonly kind: NodeKind; readonly name: string };

/** What sort of work a span stands for, by the attributes of the semantic conventions, old and new. */
export function systemOf({ kind, attributes }: Span): 'database' | 'queue' | 'call' | undefined {
  if (attributes['db.system.name'] !== undefined || attributes['db.system'] !== undefined) return 'database';
  if (kind === 'producer' || kind === 'consumer' || attributes['messaging.system'] !== undefined) return 'queue';
  return kind === 'client' ? 'call' : undefined;
}

/** The database, queue or host that a span names as its other side; `peer.service` comes before all else. */
export function peerOf(span: Span): Peer | undefined {
  const { attributes } = span;
  const named = firstText(attributes, 'peer.service', 'service.peer.name');
  const system = systemOf(span);
  if (system === 'database') {
    const database = firstText(attributes, 'db.system.name', 'db.system') ?? '';
    return { kind: 'database', name: named ?? joined(database, firstText(attributes, 'db.namespace', 'db.name')) };
  }
  if (system === 'queue') {
    const broker = firstText(attributes, 'messaging.system');
    const destination = firstText(attributes, 'messaging.destination.name', 'messaging.destination');
    const name = named ?? (broker === undefined ? destination : joined(broker, destination));
    return name === undefined ? undefined : { kind: 'queue', name };
  }
  const name =
    named ??
    (span.kind === 'client'
      ? firstText(attributes, 'server.address', 'net.peer.name', 'http.host', 'rpc.service')
      : undefined);
  return name === undefined ? undefined : { kind: 'peer', name };
}

/** The first of these attributes that is a text and not empty. */
export function firstText(attributes: Attributes, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function joined(system: string, name: string | undefined): string {
  return name === undefined ? system : `${system}/${name}`;
}
