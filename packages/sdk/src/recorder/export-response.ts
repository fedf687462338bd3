/**
 * How many spans a collector says it rejected, in its answer to an export request; 0 for an answer that says nothing or
 * makes no sense.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
export function rejectedSpans(response: Uint8Array): { rejected: number; message: string } {
  const partialSuccess = fieldsOf(response).find(({ number }) => number === 1)?.bytes;
  if (partialSuccess === undefined) return { rejected: 0, message: '' };
  const fields = fieldsOf(partialSuccess);
  const text = fields.find(({ number }) => number === 2)?.bytes ?? new Uint8Array();
  return {
    rejected: fields.find(({ number }) => number === 1)?.value ?? 0,
    message: Buffer.from(text).toString('utf8').slice(0, 200),
  };
}

type Field = { readonly number: number; readonly value?: number; readonly bytes?: Uint8Array };

// Enough of protobuf for two nested messages; anything else ends the reading.
function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < message.length; shift *= 128) {
      const byte = message[at++] as number;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const number = tag >>> 3;
    if ((tag & 7) === 0) fields.push({ number, value: varint() });
    else if ((tag & 7) === 2) {
      const length = varint();
      fields.push({ number, bytes: message.subarray(at, at + length) });
      at += length;
    } else break;
  }
  return fields;
}
