import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { type HttpAnswer, HttpAnswerReader } from '../../packages/sdk/src/http-answer.ts';
import { type Target, target, textsNear } from './target.ts';

const MAX_BODY_BYTES = 1000;
const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nbody',
  'HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nbod\r\n1\r\ny\r\n0\r\nx: y\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nuntil the end',
];
const PIECES = [
  '\r\n',
  '\r\n\r\n',
  'HTTP/1.1 ',
  'content-length: ',
  'transfer-encoding: chunked\r\n',
  'ffffffff',
  '0\r\n',
];

/** What collectors, and whatever else listens on their port, answer to an export. */
export const answerTargets: readonly Target[] = [
  target(
    'the answer to an export',
    fc.tuple(textsNear(ANSWERS, PIECES), fc.array(fc.nat(200), { maxLength: 20 })),
    ([text, lengths]) => [readIn(Buffer.from(text), lengths), readIn(Buffer.from(text), [])] as const,
    ([inPieces, atOnce]) => {
      if (atOnce.answer !== undefined && atOnce.answer.body.length > Math.max(MAX_BODY_BYTES, atOnce.bytes))
        throw new Error('more than was sent');
      // In pieces, it is known earlier that the rest is not for us.
      const told = (read: Read) => [read.failure, read.answer?.status, read.answer?.headers];
      deepStrictEqual(told(inPieces), told(atOnce));
    },
  ),
];

type Read = { bytes: number; answer?: HttpAnswer; failure?: string };

// As a socket hands it over: pieces, then its end.
function readIn(bytes: Buffer, lengths: readonly number[]): Read {
  const reader = new HttpAnswerReader(MAX_BODY_BYTES);
  try {
    let at = 0;
    for (const length of [...lengths, bytes.length]) {
      const piece = bytes.subarray(at, at + length);
      at += piece.length;
      const answer = piece.length === 0 ? undefined : reader.read(piece);
      if (answer !== undefined) return { bytes: at, answer };
    }
    const answer = reader.end();
    return answer === undefined ? { bytes: at } : { bytes: at, answer };
  } catch (thrown) {
    if (!(thrown instanceof Error) || !/answer|protocol/.test(thrown.message)) throw thrown;
    return { bytes: bytes.length, failure: thrown.message };
  }
}
