import { defaultTextMapGetter } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { extractTrusted } from '../src/server/trust.ts';

it.each(['continue', 'ignore', 'link'] as const)('no request can change the links of another: %s', (verdict) => {
  const inbound = extractTrusted({}, defaultTextMapGetter, () => verdict, {});
  const link = { context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 } };
  expect(() => inbound.links.push(link)).toThrow(TypeError);
  expect(extractTrusted({}, defaultTextMapGetter, () => verdict, {}).links).toEqual([]);
});
