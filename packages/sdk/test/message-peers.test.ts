import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServices } from './message-services.ts';

let services: Awaited<ReturnType<typeof startServices>>;
beforeEach(async () => {
  services = await startServices();
});
afterEach(() => services.stop());

describe.each([
  ['a queue', false, ['order', 'process orders', 'send orders']],
  ['the generic carrier', true, ['job', 'order']],
])('over %s', (_name, generic, names) => {
  it('a handler that fails keeps the trace of its sender', async () => {
    const [sender, worker] = await Promise.all([services.start('sender'), services.start('worker')]);
    const { traceId, fields } = await sender.send({ generic });
    worker.handle(fields, { generic, fails: true });
    expect(await services.spans(traceId, names.length)).toEqual(names);
    expect((await sender.stats()).peers).toMatchObject({ kept: 1, announced: 0, forged: 0 });
  });

  it('a sender that fails after the message was handled keeps the part of its handler', async () => {
    const [sender, worker] = await Promise.all([services.start('sender'), services.start('worker')]);
    const { traceId, fields } = await sender.send({ generic, fails: true });
    worker.handle(fields, { generic });
    expect(await services.spans(traceId, names.length)).toEqual(names);
    expect((await worker.stats()).peers).toMatchObject({ kept: 1, announced: 1, dropped: 0 });
  });
});

it('a message of a stranger, or of one that does not push, proves nothing and is handled as ever', async () => {
  const [stranger, silent, worker] = await Promise.all([
    services.start('stranger', { secret: 'the secret of somebody else' }),
    services.start('silent', { push: false }),
    services.start('worker'),
  ]);
  const unproven = await silent.send();
  expect(unproven.fields).not.toHaveProperty('throughline-peer');
  const foreign = await stranger.send();
  for (const { fields } of [unproven, foreign]) worker.handle(fields, { fails: true });
  expect(await services.spans(foreign.traceId, 1)).toEqual(['process orders']);
  expect(await services.spans(unproven.traceId, 1)).toEqual(['process orders']);
  expect((await worker.stats()).peers).toMatchObject({ told: 0, announced: 0, forged: 1 });
});
