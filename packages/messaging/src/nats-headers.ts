import type { CarrierFields } from '@throughline/core';

/** Headers of a message, as `nats` and `@nats-io/nats-core` have them. */
export type NatsHeaders = Iterable<[string, string[]]> & {
  readonly code?: number;
  readonly description?: string;
  get(name: string): string;
  append(name: string, value: string): void;
};

/** Makes empty headers: what `nats` and the packages of `@nats-io` export as `headers`. */
export type HeadersFactory = (code?: number, description?: string) => NatsHeaders;

type Sending = { headers?: NatsHeaders };
type Server = { readonly info?: { readonly headers?: boolean; readonly max_payload?: number } };

const FRAMING = 16; // `NATS/1.0`, and an empty line
const SEPARATORS = 4; // `: ` and the line's end

/**
 * The options of a message with these fields besides its headers, in copies. As they were where the server takes no
 * headers, or where the message would become too large by them.
 */
export function withFields(
  nc: object,
  headers: HeadersFactory,
  payload: unknown,
  given: Sending | undefined,
  fields: CarrierFields,
): Sending | undefined {
  const { info } = nc as Server;
  const own = given?.headers;
  if (info?.headers !== true || Object.keys(fields).length === 0) return given;
  if (info.max_payload !== undefined && sizeOf(payload, own, fields) > info.max_payload) return given;
  const sent = headers(own?.code, own?.description);
  for (const [name, values] of own ?? []) for (const value of values) sent.append(name, value);
  for (const name in fields) sent.append(name, fields[name] as string);
  return { ...given, headers: sent };
}

function sizeOf(payload: unknown, own: NatsHeaders | undefined, fields: CarrierFields): number {
  let size = FRAMING + (typeof payload === 'string' ? Buffer.byteLength(payload) : lengthOf(payload));
  for (const name in fields) size += name.length + (fields[name] as string).length + SEPARATORS;
  for (const [name, values] of own ?? []) {
    for (const value of values) size += Buffer.byteLength(name) + Buffer.byteLength(value) + SEPARATORS;
  }
  return size + Buffer.byteLength(own?.description ?? '');
}

function lengthOf(payload: unknown): number {
  return payload instanceof Uint8Array ? payload.byteLength : 0;
}
