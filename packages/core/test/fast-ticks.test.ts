import { createHook } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { tracedListener } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { execution: 'async' }) => Promise<void>;

test('one object of process.nextTick outlives every collection, so that V8 does not forget its shape', async () => {
  const ticks: WeakRef<object>[] = [];
  const hook = createHook({
    init: (_id, type, _trigger, tick) => void (type === 'TickObject' && ticks.push(new WeakRef(tick))),
  });

  hook.enable();
  tracedListener(() => {});
  const ours = ticks.length;
  await nextTurn();
  const before = ticks.length;
  tracedListener(() => {});
  const more = ticks.length - before;
  process.nextTick(() => {});
  hook.disable();
  for (let count = 0; count < 4; count += 1) {
    await nextTurn();
    await collect({ execution: 'async' });
  }

  expect(ours).toBe(1);
  expect(more).toBe(0);
  expect(ticks.length).toBeGreaterThan(1);
  expect(ticks.map((tick) => tick.deref() !== undefined)).toEqual(ticks.map((_tick, index) => index === 0));
});
