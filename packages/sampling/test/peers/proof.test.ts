import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { createPeer, SECRET, type TestPeer } from './peer.ts';

const seed = Number(process.env.THROUGHLINE_SEED ?? Math.floor(Math.random() * 2 ** 32));
console.log(`THROUGHLINE_SEED=${seed}`);

const MINUTE = 60_000;
let time = 1_800_000_000_000;
const peers: TestPeer[] = [];

function create(...options: Parameters<typeof createPeer>): TestPeer['peers'] {
  const peer = createPeer(options[0], () => time);
  peers.push(peer);
  return peer.peers;
}

afterEach(() => Promise.all(peers.splice(0).map((peer) => peer.peers.shutdown())));

it('knows its peers by their proof, and where each can be told', async () => {
  const [a, b, silent] = [create(), create(), create({ push: false })];
  expect(a.reachable).toBe(false);
  expect(b.verify(a.proof())).toBe('');
  await Promise.all([a.ready, b.ready]);
  expect(a.reachable).toBe(true);
  expect(b.verify(a.proof())).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(b.verify(silent.proof())).toBe('');
  expect(a.proof()).toBe(a.proof());
  expect(`throughline-peer: ${a.proof()}\r\n`.length).toBeLessThanOrEqual(80);
  expect(b.stats()).toMatchObject({ forged: 0, replayed: 0, malformed: 0 });
});

it('says what it was given as its address', async () => {
  const peer = create({ advertise: 'shop-7.internal:4320' });
  await peer.ready;
  expect(create().verify(peer.proof())).toBe('shop-7.internal:4320');
});

it('takes a proof in its minute and the ones beside it, and counts older ones as replayed', () => {
  const [a, b, late] = [create(), create(), create()];
  const proof = a.proof();
  expect(b.verify(proof)).toBe('');
  time += MINUTE;
  expect(b.verify(proof)).toBe('');
  time += MINUTE;
  expect(b.verify(proof)).toBeUndefined();
  expect(late.verify(proof)).toBeUndefined();
  expect(a.proof()).not.toBe(proof);
  expect(b.verify(a.proof())).toBe('');
  expect(b.stats()).toMatchObject({ forged: 0, replayed: 1, malformed: 0 });
  expect(late.stats()).toMatchObject({ forged: 0, replayed: 1, malformed: 0 });
});

it('refuses the proof of those who know another secret, and one that somebody has changed', async () => {
  const [a, b] = [create(), create({ secret: 'the secret of somebody else' })];
  await Promise.all([a.ready, b.ready]);
  expect(a.verify(b.proof())).toBeUndefined();
  const [version, minute, signature] = a.proof().split('.');
  expect(a.verify(`${version}.${minute}.${signature}.169.254.169.254:80`)).toBeUndefined();
  expect(a.verify(`${version}.${minute}.${'A'.repeat(22)}.127.0.0.1:80`)).toBeUndefined();
  expect(a.stats()).toMatchObject({ forged: 3, replayed: 0, malformed: 0 });
});

it('goes over to a new secret without a moment in which peers do not know each other', () => {
  const next = 'the secret that comes after';
  const old = create();
  const between = create({ secret: [SECRET, next] });
  const turned = create({ secret: [next, SECRET] });
  const done = create({ secret: next });
  for (const [one, other] of [
    [old, between],
    [between, turned],
    [turned, done],
  ] as const) {
    expect(one.verify(other.proof())).toBe('');
    expect(other.verify(one.proof())).toBe('');
  }
  expect(old.verify(done.proof())).toBeUndefined();
});

it('counts whatever else comes, and never throws', () => {
  const peer = create();
  const [version, minute, signature] = peer.proof().split('.');
  const shaped = fc.tuple(fc.string(), fc.string(), fc.string(), fc.string()).map((parts) => parts.join('.'));
  const near = fc
    .record({
      v: fc.constantFrom(version, '2', ''),
      m: fc.constantFrom(minute, 'zzzzzzzz', '-1'),
      s: fc.base64String(),
    })
    .map(({ v, m, s }) => `${v}.${m}.${s}.${'x'.repeat(200)}`);
  let count = 0;
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), shaped, near, fc.constant('1'.repeat(100_000))), (text) => {
      count += 1;
      expect(peer.verify(text)).toBeUndefined();
    }),
    { seed, numRuns: 500 },
  );
  const { forged, replayed, malformed } = peer.stats();
  expect(forged + replayed + malformed).toBe(count);
  expect(signature).toHaveLength(22);
});

it.each([
  [{ secret: 'short' }, '`peers.secret` to be a text of at least 16 characters, or an array of such'],
  [{ secret: [] }, '`peers.secret` to be'],
  [{ secret: [SECRET, 7] }, '`peers.secret` to be'],
  [{ push: 1 }, '`peers.push` to be true or false'],
  [{ transport: {} }, '`peers.transport` to be a KeepTransport'],
  [{ port: 70_000 }, '`peers.port` to be a port'],
  [{ advertise: 'http://shop' }, '`peers.advertise` to be the host and port'],
  [{ hosts: [] }, 'There is no option `peers.hosts`'],
  [{ transport: { open() {}, send() {}, close() {} }, port: 80 }, 'are for HTTP'],
])('refuses the options %j, and never quotes a secret', (options, message) => {
  expect(() => create(options as never)).toThrow(message);
  expect(() => create(options as never)).not.toThrow(/short|known to all/);
});
