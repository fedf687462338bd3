import { afterEach, expect, it } from 'vitest';
import { startServices } from './kept-services.ts';

let services: Awaited<ReturnType<typeof startServices>>;
afterEach(() => services.stop());

async function chain(...[peers]: Parameters<typeof startServices>) {
  services = await startServices(peers);
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => services.start(name)));
  if (a === undefined || b === undefined || c === undefined) throw new Error('No services.');
  return { a, b, c };
}

it('keeps a trace whole whose leaf fails unseen before its headers leave: the responses tell', async () => {
  const { a, b, c } = await chain({ push: false });
  const { traceId } = await services.request(a.url, {
    calls: [{ url: b.url, calls: [{ url: c.url, fails: 'before the headers' }] }],
  });
  expect(await services.spans(traceId, 6)).toEqual(['a POST', 'a POST', 'b POST', 'b POST', 'c POST', 'c failing']);
  expect((await b.stats()).peers).toMatchObject({ kept: 1, told: 0, forged: 0 });
});

it('tells the services called before a failure, and theirs', async () => {
  const { a, b, c } = await chain({});
  const { traceId } = await services.request(a.url, {
    calls: [{ url: b.url, calls: [{ url: c.url }] }],
    fails: 'before the headers',
  });
  expect(await services.spans(traceId, 6)).toEqual(['a POST', 'a POST', 'a failing', 'b POST', 'b POST', 'c POST']);
});

it('tells the caller of a failure after the headers have left, and everybody else', async () => {
  const { a, b, c } = await chain({});
  const { traceId } = await services.request(a.url, {
    calls: [{ url: c.url }, { url: b.url, calls: [{ url: c.url, fails: 'after the headers' }] }],
  });
  expect(await services.spans(traceId, 8)).toEqual([
    'a POST',
    'a POST',
    'a POST',
    'b POST',
    'b POST',
    'c POST',
    'c POST',
    'c failing',
  ]);
});
