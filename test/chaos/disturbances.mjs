/** @typedef {Awaited<ReturnType<typeof import('./shop.mjs').startShop>>} Shop */
/**
 * Something that goes wrong and is put right again. `ours`: nobody but tracing has to do with it, so users must see nothing.
 * @typedef {{ ours: boolean, begin(shop: Shop): unknown, end(shop: Shop): unknown }} Disturbance
 */

/** @param {Shop} shop */
function moveClocks(shop) {
  for (const name of shop.names) shop.signal(name, 'SIGUSR2');
}

/** @type {Record<string, Disturbance>} */
export const DISTURBANCES = {
  'the collector is gone': {
    ours: true,
    begin: ({ collector }) => collector.shut(),
    end: ({ collector }) => collector.open(),
  },
  'the collector hangs': {
    ours: true,
    begin: ({ collector }) => collector.hang(),
    end: ({ collector }) => collector.open(),
  },
  'the clocks go back an hour, and forward again': { ours: true, begin: moveClocks, end: moveClocks },
  'kill -9 of inventory': {
    ours: false,
    begin: (shop) => shop.signal('inventory', 'SIGKILL'),
    end: (shop) => shop.start('inventory'),
  },
  'kill -9 of notification, which users do not wait for': {
    ours: false,
    begin: (shop) => shop.signal('notification', 'SIGKILL'),
    end: (shop) => shop.start('notification'),
  },
  'search stands still': {
    ours: false,
    begin: (shop) => shop.signal('search', 'SIGSTOP'),
    end: (shop) => shop.signal('search', 'SIGCONT'),
  },
  'Redis is gone': { ours: false, begin: ({ cache }) => cache.shut(), end: ({ cache }) => cache.open() },
};
