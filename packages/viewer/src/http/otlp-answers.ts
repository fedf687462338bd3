import type { Delivery } from '../intake/decode-delivery.ts';

type OtlpAnswer = { readonly type: string; readonly body: string | Uint8Array };

/** Numbers of `google.rpc.Code` for the statuses that the receiver answers with. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 415: 3, 503: 14 };

/** An `ExportTraceServiceResponse` or `ExportLogsServiceResponse`, which look alike. */
export function otlpSuccess(
  format: Delivery['format'],
  signal: Delivery['signal'],
  rejected: number,
  reason: string,
): OtlpAnswer {
  if (format === 'json') {
    const count = signal === 'traces' ? 'rejectedSpans' : 'rejectedLogRecords';
    const partial = rejected === 0 ? {} : { partialSuccess: { [count]: `${rejected}`, errorMessage: reason } };
    return { type: 'application/json', body: JSON.stringify(partial) };
  }
  if (rejected === 0) return { type: 'application/x-protobuf', body: new Uint8Array(0) };
  const partial = [...field(0x08, varint(rejected)), ...lengthDelimited(0x12, Buffer.from(reason))];
  return { type: 'application/x-protobuf', body: Uint8Array.from(lengthDelimited(0x0a, partial)) };
}

/** A `google.rpc.Status`, in the encoding of the request where that is known. */
export function otlpFailure(format: Delivery['format'] | undefined, status: number, message: string): OtlpAnswer {
  const code = CODES[status] ?? 2;
  if (format !== 'protobuf') return { type: 'application/json', body: JSON.stringify({ code, message }) };
  const body = [...field(0x08, varint(code)), ...lengthDelimited(0x12, Buffer.from(message))];
  return { type: 'application/x-protobuf', body: Uint8Array.from(body) };
}

function lengthDelimited(tag: number, bytes: Iterable<number>): number[] {
  const content = [...bytes];
  return [tag, ...varint(content.length), ...content];
}

function field(tag: number, value: readonly number[]): number[] {
  return [tag, ...value];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
