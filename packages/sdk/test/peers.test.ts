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

it('hears, while it shuts down, of traces that are kept just then', async () => {
  services = await startServices({});
  const [a, b] = await Promise.all([services.start('a'), services.start('b', {}, { ENDS_WHEN_TOLD: 'yes' })]);
  const { traceId } = await services.request(a.url, { calls: [{ url: b.url }], fails: 'after the headers' });
  b.running.child.kill('SIGTERM');
  await b.running.ended;
  expect(await services.spans(traceId, 4)).toEqual(['a POST', 'a POST', 'a failing', 'b POST']);
});

it('without peers, keeps only what one process sees', async () => {
  const { a, b, c } = await chain(undefined);
  const { traceId } = await services.request(a.url, {
    calls: [{ url: b.url, calls: [{ url: c.url, fails: 'before the headers' }] }],
  });
  expect(await services.spans(traceId, 2)).toEqual(['c POST', 'c failing']);
  expect((await a.stats()).peers).toBeUndefined();
});

it('tells nobody else: not a browser, not who knows another secret, not who shows an old proof', async () => {
  const { a } = await chain({});
  const other = await services.start('other', { secret: 'the secret of somebody else' });
  const headers = { 'throughline-peer': '1.abcdef.AAAAAAAAAAAAAAAAAAAAAA.127.0.0.1:80' };
  for (const sent of [{}, { 'throughline-peer': 'garbage' }, headers]) {
    const { response } = await services.request(a.url, { fails: 'before the headers' }, sent);
    expect(response.headers.get('server-timing')).toBe('app;dur=1');
    expect(response.headers.get('throughline-peer')).toBeNull();
  }
  const { traceId } = await services.request(other.url, { calls: [{ url: a.url, fails: 'before the headers' }] });
  expect(await services.spans(traceId, 2)).toEqual(['a POST', 'a failing']);
  expect((await a.stats()).peers).toMatchObject({ kept: 0, told: 0, forged: 1, replayed: 1, malformed: 1 });
  expect((await other.stats()).peers).toMatchObject({ kept: 0, told: 0, dropped: 0 });
});

it('calls services as sampled, by an unknown share, once a trace is kept; what was held states that it stands for itself', async () => {
  const { a, b, c } = await chain({});
  const { traceId } = await services.request(
    a.url,
    {
      calls: [{ url: b.url, fails: 'before the headers' }, { url: c.url }],
    },
    { tracestate: 'ot=rv:00000000000001;x:y,other=1' },
  );
  await services.spans(traceId, 6);
  // `th` would say that the dice have kept it, and c would count it as one of many, or as one more error.
  expect(services.states(traceId)).toEqual({
    'a POST': ['ot=th:0;rv:00000000000001;x:y,other=1 peer'],
    'b POST': ['ot=th:0;rv:00000000000001;x:y,other=1 error'],
    'b failing': ['ot=th:0;rv:00000000000001;x:y,other=1 error'],
    'c POST': ['ot=rv:00000000000001;x:y,other=1 undefined'],
  });
});
