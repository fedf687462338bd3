import fc from 'fast-check';
import {
  agreeWithFlag,
  readRandomness,
  readThreshold,
  writeThreshold,
} from '../../packages/sampling/src/ot-trace-state.ts';
import { KeepMessages } from '../../packages/sampling/src/peers/keep-message.ts';
import { PeerProofs } from '../../packages/sampling/src/peers/peer-proof.ts';
import { PeerSecret } from '../../packages/sampling/src/peers/peer-secret.ts';
import { PeerCounter } from '../../packages/sampling/src/peers/peer-stats.ts';
import { routePattern } from '../../packages/sampling/src/route-pattern.ts';
import { readDuration } from '../../packages/sampling/src/tail/duration.ts';
import { must, type Target, target, textsNear } from './target.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const NOW = Date.UTC(2026, 10, 21, 12);
const secret = new PeerSecret('of the fuzzing');
const proof = (): PeerProofs => {
  const proofs = new PeerProofs(secret, new PeerCounter(), () => NOW);
  proofs.address = '10.0.0.7:4000';
  return proofs;
};
const messages = (): KeepMessages => new KeepMessages(secret, new PeerCounter(), () => NOW);
const TO = '10.0.0.8:4000';
const validProof = proof().text();
const validMessage = messages().write('kept', '10.0.0.7:4000', TO, [ID, 'b'.repeat(32)]);

export const signalTargets: readonly Target[] = [
  target(
    'th and rv of tracestate',
    fc.tuple(
      textsNear(
        ['th:fd70a;rv:0123456789abcd;x:y', 'rv:0123456789abcd', 'th:0'],
        [';', ':', 'th:', 'rv:', 'g', 'TH:', 'f'.repeat(14)],
      ),
      fc.boolean(),
    ),
    ([ot, sampled]) => ({
      randomness: readRandomness(ot, ID),
      threshold: readThreshold(ot),
      agreed: agreeWithFlag(ot, ID, sampled),
      written: writeThreshold(ot, '8'),
      again: writeThreshold(writeThreshold(ot, '8'), '8'),
      sampled,
    }),
    ({ randomness, threshold, agreed, written, again, sampled }, [ot]) => {
      must(/^[\da-f]{14}$/.test(randomness), () => `rv ${randomness}`);
      must(threshold === undefined || /^[\da-f]{1,14}$/.test(threshold), () => `th ${threshold}`);
      must(written === again, () => `not the same again: ${written} and ${again}`);
      must(agreed.length <= ot.length && written.length <= 256, () => 'too long');
      const left = readThreshold(agreed);
      must(
        left === undefined || readRandomness(agreed, ID) >= left === sampled,
        () => `contradicts the flag: ${agreed}`,
      );
      must(agreeWithFlag(agreed, ID, sampled) === agreed, () => `not the same again: ${agreed}`);
    },
  ),
  target(
    'proofs of peers: none but the one that was made',
    textsNear([validProof], ['.', '1.', '..', '/', '-', '_', '10.0.0.9:1']),
    (text) => proof().verify(text),
    (address, text) =>
      must(address === undefined || (text === validProof && address === '10.0.0.7:4000'), () => `took ${text}`),
  ),
  target(
    'messages of peers: none but the one that was made, and that once',
    fc.tuple(
      textsNear([validMessage], ['.', '\n', 'kept', 'part', 'A'.repeat(22), '_']),
      fc.constantFrom(TO, '10.0.0.9:1'),
    ),
    ([text, to]) => {
      const reader = messages();
      return [reader.read(text, to), reader.read(text, to)];
    },
    ([first, second], [text, to]) => {
      must(first === undefined || (text === validMessage && to === TO), () => `took ${text.slice(0, 200)}`);
      must(second === undefined, () => 'took it twice');
    },
  ),
  target(
    'route patterns',
    fc.tuple(
      textsNear(
        ['/api/payments/*', '/users/:id', '/a*b/:c/*', '/'],
        ['/', '*', ':', ':id', '//', '/*', '?', '(', '[a-z]+'],
      ),
      textsNear(['/api/payments/7/refunds', '/users/:id', '/aXb/1/', '/'], ['/', 'a', '*', ':id', '%2f']),
    ),
    ([pattern, route]) => {
      const matches = routePattern(pattern);
      return { matches: matches?.(route), itself: matches?.(pattern) };
    },
    ({ matches, itself }) => {
      must(matches === undefined || typeof matches === 'boolean', () => `answered ${matches}`);
      must(itself !== false, () => 'a pattern does not match itself');
    },
  ),
  target(
    'durations',
    fc.oneof(
      textsNear(['300ms', '1.5s', '2m', '0.000001ms'], ['ms', 's', 'm', '.', '0', 'e9', '-', 'Infinity']),
      fc.anything(),
    ),
    (value) => readDuration(value),
    (duration, value) =>
      must(
        duration === undefined || (duration > 0 && Number.isFinite(duration)),
        () => `${String(value)} is ${duration}`,
      ),
  ),
];
