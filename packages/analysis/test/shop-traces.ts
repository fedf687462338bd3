import type { Trace } from '../src/index.ts';
import { forest, type Row } from './forest.ts';

/** How one request of a small shop went wrong. */
export type Fault =
  | { kind: 'none' }
  | { kind: 'slow'; service: string; by: number }
  | { kind: 'delayed'; service: string; by: number }
  | { kind: 'breaks-off'; service: string }
  | { kind: 'fails'; service: string }
  | { kind: 'loops'; calls: number };

/** Requests to `web`, which calls `cart` and then `stock`, which queries a database; each time varies by a tenth. */
export function shopTraces(count: number, fault: Fault, random: () => number): Trace[] {
  return Array.from({ length: count }, () => shopTrace(fault, random));
}

function shopTrace(fault: Fault, random: () => number): Trace {
  const rows: Row[] = [];
  const work = (mean: number) => mean * (0.9 + 0.2 * random());
  const slowBy = (service: string) => (fault.kind === 'slow' && fault.service === service ? work(fault.by) : 0);
  const breaksOff = (service: string) => fault.kind === 'breaks-off' && fault.service === service;

  const end = serve(undefined, 'web', 0, (id, start) => {
    const cart = call(id, 'web', 'cart', start, (cartId, at) => query(cartId, 'cart', at));
    if (breaksOff('cart') || breaksOff('web')) return cart;
    const stock = call(id, 'web', 'stock', cart, (stockId, at) => {
      let now = at;
      for (let round = 0; round < (fault.kind === 'loops' ? fault.calls : 1); round += 1)
        now = query(stockId, 'stock', now);
      return now;
    });
    return call(id, 'web', 'mail', stock, (_, at) => at);
  });
  return end === 0 ? forest() : forest(...rows);

  function add(row: Omit<Row, 'id'>): string {
    const id = `n${rows.length}`;
    rows.push({ id, ...row });
    return id;
  }

  function serve(
    parent: string | undefined,
    service: string,
    start: number,
    inside: (id: string, at: number) => number,
  ): number {
    const failed = fault.kind === 'fails' && (service === fault.service || service === 'web');
    const id = add({
      ...(parent === undefined ? {} : { parent }),
      service,
      kind: 'server',
      name: `GET /${service}`,
      start,
      end: start,
      ...(failed ? { status: 'error' as const } : {}),
    });
    const at = rows.length - 1;
    const stops = breaksOff(service) && service !== 'web';
    const done = (stops ? start : inside(id, start + work(1) + slowBy(service))) + work(1);
    rows[at] = { ...(rows[at] as Row), end: done };
    return done;
  }

  function call(
    parent: string,
    from: string,
    to: string,
    start: number,
    inside: (id: string, at: number) => number,
  ): number {
    const id = add({ parent, service: from, kind: 'client', name: 'GET', start, end: start });
    const at = rows.length - 1;
    const delay = fault.kind === 'delayed' && fault.service === to ? work(fault.by) : 0;
    const done = serve(id, to, start + work(0.5) + delay, inside) + work(0.5);
    rows[at] = { ...(rows[at] as Row), end: done };
    return done;
  }

  function query(parent: string, service: string, start: number): number {
    const end = start + work(2);
    add({
      parent,
      service,
      kind: 'client',
      name: 'SELECT',
      start,
      end,
      attributes: { 'db.system.name': 'postgresql' },
    });
    return end;
  }
}

/** Numbers from 0 to 1 that the seed decides. */
export function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
