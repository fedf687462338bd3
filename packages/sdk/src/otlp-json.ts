/**
 * An export request in JSON as OpenTelemetry's serializer has written it, but for three things because of which a strict
 * collector refuses all of it, with the spans of everybody else: whole numbers beyond 64 bits, which are doubles as they are
 * in protobuf, numbers that are not finite, of which JSON cannot say more than `NaN` here, and halves of characters, as a
 * limit of length leaves them.
 */
export function mendOtlpJson(written: Uint8Array | undefined): Uint8Array | undefined {
  if (written === undefined) return undefined;
  const text = Buffer.from(written.buffer, written.byteOffset, written.byteLength).toString('utf8');
  const mended = withoutHalves(withDoubles(text)).replaceAll(NOT_FINITE, '"doubleValue":"NaN"');
  return mended === text ? written : Buffer.from(mended);
}

// A number of 64 bits has up to 19 digits; JavaScript writes larger ones so, or with an exponent. What looks like this inside
// of a text has a backslash before its quotation mark.
const LARGE_INTEGER = /"intValue":(-?(?:\d{19,}|[\d.]+e\+\d+))/g;

function withDoubles(text: string): string {
  return text.replace(LARGE_INTEGER, (member, digits) =>
    Math.abs(Number(digits)) >= 2 ** 63 ? `"doubleValue":${digits}` : member,
  );
}

// What JSON.stringify makes of all of them; https://protobuf.dev/programming-guides/json/ has words for each.
const NOT_FINITE = '"doubleValue":null';

// A backslash of the text itself is written as two, which are taken together so that the second begins nothing.
const HALF = /\\(\\|ud[89a-f][\da-f]{2})/g;

function withoutHalves(text: string): string {
  if (!text.includes('\\ud')) return text;
  return text.replace(HALF, (escaped, what) => (what === '\\' ? escaped : '\ufffd'));
}
