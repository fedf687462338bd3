import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CallUrl } from '../src/client/call-url.ts';
import { redactUrl } from '../src/http/redaction.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const runs = { seed, numRuns: 3000 };
const origins = ['http://basket:8080', 'https://example.com', 'http://[::1]:3000', 'http://10.0.0.1'];
const pieces = fc.constantFrom(
  ...'/ / / .. . %2e %2E %41 %zz ? ? # @ : ; = & + - _ ~ ! $ ( ) * , \' " < > ^ ` { | } \\ a B 9 é 😀 orders'.split(
    ' ',
  ),
  ' ',
  '\t',
  '\n',
  '\0',
  '\u007f',
);
const paths = fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);

describe(`the URL of a call (seed ${seed})`, () => {
  it('is what URL makes of it, whether or not it is parsed', () => {
    for (const origin of origins) CallUrl.of(`${origin}/`);
    fc.assert(
      fc.property(
        fc.constantFrom(...origins, 'HTTP://Basket:8080', 'http://u:p@basket:8080'),
        paths,
        (origin, path) => {
          const text = origin + path;
          const url = new URL(text);
          const read = CallUrl.of(text);
          expect(read?.href).toBe(url.href);
          expect(read?.parsed.href).toBe(url.href);
          expect(read?.origin.host).toBe(url.host);
          expect(read?.origin.address).toBe(url.hostname.replace(/^\[|\]$/g, ''));
          expect(read?.origin.port).toBe(Number(url.port) || (url.protocol === 'https:' ? 443 : 80));
          expect(CallUrl.of(url)?.href).toBe(url.href);
        },
      ),
      runs,
    );
  });

  it('is parsed once for an origin, and else only where URL would change it', () => {
    let parsed = 0;
    class CountedUrl extends URL {
      constructor(...args: ConstructorParameters<typeof URL>) {
        super(...args);
        parsed += 1;
      }
    }
    vi.stubGlobal('URL', CountedUrl);
    onTestFinished(() => void vi.unstubAllGlobals());
    const parsedFor = (url: string | URL): number => {
      parsed = 0;
      CallUrl.of(url);
      return parsed;
    };
    expect(parsedFor('http://shelf:8080/books')).toBe(1);
    expect(parsedFor('http://shelf:8080/books/7?page=2&q=a%20b')).toBe(0);
    expect(parsedFor('http://shelf:8080/books/../7')).toBe(1);
    expect(parsedFor('http://shelf:8080/books 7')).toBe(1);
    expect(parsedFor('http://reader@shelf:8080/books')).toBe(1);
    const given = new URL('http://shelf:8080/books 7');
    expect(parsedFor(given)).toBe(0);
  });

  it('is told without user and fragment, and else as URL writes it', () => {
    const keep = (query: string): string => query;
    fc.assert(
      fc.property(fc.constantFrom(...origins, 'http://u@basket:8080', 'http://u:p@basket'), paths, (origin, path) => {
        const url = new URL(origin + path);
        const user = url.username === '' ? '' : 'REDACTED:REDACTED@';
        const told = `${url.protocol}//${user}${url.host}${url.pathname}${url.search}`;
        expect(redactUrl(url.href, keep)).toBe(told);
      }),
      runs,
    );
  });

  it('is nothing where it is none, or not one of HTTP', () => {
    for (const text of [
      '',
      '/basket',
      'http://',
      'http:///',
      'http://a b/',
      'data:text/plain,a',
      'ftp://basket/',
      'blob:http://basket/1',
    ]) {
      expect(CallUrl.of(text), text).toBeUndefined();
    }
  });

  it('hands out an object of its own to who may change it', () => {
    const first = CallUrl.of('http://basket:8080/orders') as CallUrl;
    first.parsed.hostname = 'elsewhere';
    expect(first.href).toBe('http://basket:8080/orders');
    expect(CallUrl.of('http://basket:8080/orders')?.parsed.href).toBe('http://basket:8080/orders');
  });
});
