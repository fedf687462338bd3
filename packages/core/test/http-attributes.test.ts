import { afterEach, describe, expect, it, vi } from 'vitest';
import { type InboundRequest, inboundAttributes } from '../src/http/http-attributes.ts';
import { attributesOf as asObject } from '../src/span/span-start.ts';

const request: InboundRequest = {
  method: 'GET',
  target: '/',
  scheme: 'http',
  host: 'shop.example',
  protocolVersion: '1.1',
  peerAddress: undefined,
  peerPort: undefined,
  clientAddress: undefined,
  userAgent: undefined,
};

function attributesOf(given: Partial<InboundRequest>): Record<string, unknown> {
  return asObject(inboundAttributes({ ...request, ...given }, (query) => query));
}

describe('the port of the server', () => {
  it.each([
    ['http', 'shop.example', 80],
    ['https', 'shop.example', 443],
    ['https', '[::1]', 443],
    ['https', 'shop.example:8443', 8443],
  ])('of a request by %s for %s is %i', (scheme, host, port) => {
    expect(attributesOf({ scheme, host })['server.port']).toBe(port);
  });

  it('is left out with an address that nobody knows', () => {
    const names = Object.keys(attributesOf({ host: 'a b' }));
    expect(names).not.toContain('server.address');
    expect(names).not.toContain('server.port');
  });
});

it('a fragment is no part of the path and of the query', () => {
  expect(attributesOf({ target: '/a#b?c' })).toMatchObject({ 'url.path': '/a' });
  expect(attributesOf({ target: '/a#b?c' })).not.toHaveProperty(['url.query']);
  expect(attributesOf({ target: '/a?b#c' })).toMatchObject({ 'url.path': '/a', 'url.query': 'b' });
});

describe('the methods that are told apart', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are those of the conventions', async () => {
    const { knownMethod, methodInName } = await withMethods('');
    expect(['QUERY', 'PATCH', 'TRACE'].map(knownMethod)).toEqual(['QUERY', 'PATCH', 'TRACE']);
    expect(['PROPFIND', 'get', ''].map(knownMethod)).toEqual(['_OTHER', '_OTHER', '_OTHER']);
    expect(methodInName('PROPFIND')).toBe('HTTP');
  });

  it('are those of OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS in their place', async () => {
    const { knownMethod, methodInName } = await withMethods('GET, PROPFIND ,MKCOL');
    expect(['GET', 'PROPFIND', 'MKCOL'].map(knownMethod)).toEqual(['GET', 'PROPFIND', 'MKCOL']);
    expect(['POST', 'propfind'].map(knownMethod)).toEqual(['_OTHER', '_OTHER']);
    expect(methodInName('PROPFIND')).toBe('PROPFIND');
  });

  async function withMethods(list: string): Promise<typeof import('../src/http/http-attributes.ts')> {
    vi.stubEnv('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS', list);
    vi.resetModules();
    return import('../src/http/http-attributes.ts');
  }
});
