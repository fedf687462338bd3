import type { Readable } from 'node:stream';

const MAX_ARGUMENTS = 1024;
const MAX_BYTES = 1024 * 1024;

/**
 * Reads the commands of a client of Redis as they come: arrays of bulk strings of RESP2. At the first thing that is none, or
 * is too large, calls `onProblem` and reads no more.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export function readCommands(
  input: Readable,
  onCommand: (command: readonly Buffer[]) => void,
  onProblem: (problem: string) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  input.on('data', function read(chunk: Buffer) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    try {
      for (let command = takeCommand(rest); command !== undefined; command = takeCommand(rest)) {
        rest = rest.subarray(command.end);
        onCommand(command.parts);
      }
      if (rest.length > MAX_BYTES) throw new Error('too big a command');
    } catch (thrown) {
      input.off('data', read);
      onProblem((thrown as Error).message);
    }
  });
}

/** The first command of the bytes, and where it ends; `undefined` if it has not come in full. */
function takeCommand(bytes: Buffer): { parts: Buffer[]; end: number } | undefined {
  const head = takeNumber(bytes, 0, '*', MAX_ARGUMENTS);
  if (head === undefined) return undefined;
  const parts: Buffer[] = [];
  let { end } = head;
  for (let n = 0; n < head.value; n += 1) {
    const length = takeNumber(bytes, end, '$', MAX_BYTES);
    if (length === undefined || bytes.length < length.end + length.value + 2) return undefined;
    parts.push(bytes.subarray(length.end, length.end + length.value));
    end = length.end + length.value + 2;
  }
  return { parts, end };
}

function takeNumber(
  bytes: Buffer,
  start: number,
  sign: string,
  max: number,
): { value: number; end: number } | undefined {
  if (start >= bytes.length) return undefined;
  const end = bytes.indexOf('\r\n', start, 'latin1');
  const line = bytes.toString('latin1', start, end < 0 ? Math.min(bytes.length, start + 16) : end);
  const text = end < 0 ? line.replace(/\r$/, '') : line;
  if (text[0] !== sign || !/^\d{0,10}$/.test(text.slice(1))) throw new Error(`expected '${sign}' and a number`);
  if (end < 0) return undefined;
  if (text.length === 1 || Number(text.slice(1)) > max) throw new Error('invalid length');
  return { value: Number(text.slice(1)), end: end + 2 };
}
