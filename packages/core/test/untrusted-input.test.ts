import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlationReader } from '../src/correlation.ts';
import { type InboundRequest, inboundAttributes } from '../src/http/http-attributes.ts';
import { queryRedactor, redactUrl } from '../src/http/redaction.ts';
import { attributesOf as asObject } from '../src/span/span-start.ts';

// A new seed for every run; a failure prints it, and FUZZ_SEED=… repeats it.
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const runs = { seed, numRuns: 500 };

/** Any text at all: what parsers trip over is likelier than the rest. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'%&=?#/:@[];, \t\r\n\0aA0+.\u009b\\'), maxLength: 300 }),
);

const request: Omit<InboundRequest, 'target' | 'host'> = {
  method: 'GET',
  scheme: 'http',
  protocolVersion: '1.1',
  peerAddress: '127.0.0.1',
  peerPort: 50_000,
  clientAddress: undefined,
  userAgent: undefined,
};
const redact = queryRedactor(['Voucher']);

function attributesOf(target: string, host?: string): Record<string, unknown> {
  return asObject(inboundAttributes({ ...request, target, host }, redact));
}

describe(`with any input (seed ${seed})`, () => {
  it('a correlation ID that is taken is a valid one that came, and any other is made', () => {
    const read = correlationReader({});
    fc.assert(
      fc.property(fc.oneof(hostile, fc.array(hostile, { maxLength: 12 })), (value) => {
        const { id } = read((name) => (name === 'x-request-id' ? value : undefined));
        expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
        const came = (Array.isArray(value) ? value : value.split(',')).map((line) => line.trim());
        if (!came.includes(id)) expect(id).toMatch(/^[0-9a-f]{32}$/);
      }),
      runs,
    );
  });

  it('an ID that the application accepts carries nothing invisible, whatever the application says', () => {
    const read = correlationReader({ valid: () => true });
    fc.assert(
      fc.property(hostile, (value) => {
        expect(read(() => value).id).toMatch(/^[!-~]{1,256}$/);
      }),
      runs,
    );
  });

  it('no secret of a query survives, and nothing else changes', () => {
    const name = fc.constantFrom(
      'token',
      'Signature',
      'X-Amz-Signature',
      'VOUCHER',
      '%74oken',
      'sig',
      'api_key',
      '+token',
    );
    const plain = fc.stringMatching(/^[b-h]{1,8}=[b-h%]{0,8}$/);
    const secret = fc.stringMatching(/^[QXZ]{6,20}$/);
    fc.assert(
      fc.property(fc.array(plain), name, secret, fc.array(plain), (before, parameter, value, after) => {
        const redacted = redact([...before, `${parameter}=${value}`, ...after].join('&'));
        expect(redacted).toBe([...before, `${parameter}=REDACTED`, ...after].join('&'));
      }),
      runs,
    );
  });

  it('redaction keeps the number of parameters, and redacting twice changes nothing', () => {
    fc.assert(
      fc.property(hostile, (query) => {
        const once = redact(query);
        expect(once.split('&').length).toBe(query.split('&').length);
        expect(redact(once)).toBe(once);
      }),
      runs,
    );
  });

  it('the password and the fragment of a URL never survive', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
        const url = new URL(text);
        url.username = 'QZuser';
        url.password = 'QZpass';
        url.hash = 'QZhash';
        expect(redactUrl(url.href, redact)).not.toMatch(/QZ(user|pass|hash)/);
      }),
      runs,
    );
  });

  it('any target gives a path without a query, bounded in length', () => {
    fc.assert(
      fc.property(hostile, (target) => {
        const attributes = attributesOf(target);
        const path = attributes['url.path'] as string;
        expect(path.length).toBeGreaterThan(0);
        expect(path.includes('?')).toBe(false);
        expect(path.length).toBeLessThanOrEqual(4096);
      }),
      runs,
    );
  });

  it('credentials in a target of absolute form never reach an attribute', () => {
    fc.assert(
      fc.property(fc.domain(), fc.stringMatching(/^[\w%/?&=.-]{0,40}$/), (domain, rest) => {
        const attributes = attributesOf(`http://QZuser:QZpass@${domain}/${rest}`);
        expect(JSON.stringify(attributes)).not.toMatch(/QZ(user|pass)/);
        expect(attributes['server.address']).toBe(domain);
      }),
      runs,
    );
  });

  it('any host gives an address of harmless characters, or none', () => {
    fc.assert(
      fc.property(hostile, (host) => {
        const { 'server.address': address, 'server.port': port } = attributesOf('/', host);
        if (address !== undefined) expect(address).toMatch(/^[\w.:%-]{1,255}$/);
        if (port !== undefined) expect(port).toBeGreaterThanOrEqual(0);
      }),
      runs,
    );
  });
});

describe('a megabyte', () => {
  const floods = ['%', '&', '=', ',', '[', ':', '/', '?', '@', ' ', 'a', '&token', '%2', ':1', 'a.', '\u0000'];
  it.each(floods)('of %j takes linear time in every parser', (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    const read = correlationReader({});
    const startedAt = process.cpuUsage();
    read(() => text);
    read(() => [text, text]);
    redact(text);
    redact(`token=${text}`);
    attributesOf(text, text);
    attributesOf(`http://${text}`, `[${text}`);
    // Quadratic, it would take hours.
    expect(process.cpuUsage(startedAt).user / 1000).toBeLessThan(15_000);
  });
});
