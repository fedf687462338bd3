import { ROUTES } from './matrix.mjs';
import { ask, quantile, residentMegabytes } from './measure.mjs';

const LEAST_ROUNDS = 3;
/** Of the time of a route, for servers to warm up: what is measured before V8 has compiled is the compiler. */
const WARMING_UP = 0.4;

/**
 * Measures one route, once its servers are warm and no longer new: in every round each gets a turn, one after the other, in another
 * order each time, since what a server has put off may run beside whoever comes next, until the time is over. A ratio is that to
 * the bare server of the same round. The processor time of a turn lasts until the next turn of
 * the same server begins, so that what is put off (exports, collections) is paid for by who put it off.
 */
export async function measureRoute(fleet, route, { milliseconds, slice }) {
  const order = { ...ROUTES[route], milliseconds: slice };
  const until = performance.now() + milliseconds;
  const warmUp = Math.max(slice * 2, (milliseconds * WARMING_UP) / fleet.servers.length);
  const warmUps = [];
  for (const server of fleet.servers) await ask(server.child, { age: true });
  for (const server of fleet.servers) warmUps.push(await fleet.turn(server, { ...order, milliseconds: warmUp }));
  const before = await exportedBy(fleet.servers);
  const rows = fleet.servers.map(() => ({ cpu: [], latencies: [], requests: 0 }));
  const marks = fleet.servers.map((server) => server.cpuTime());
  let counts = [];
  let rounds = 0;
  for (; rounds < LEAST_ROUNDS || performance.now() < until; rounds += 1) {
    const turns = [];
    for (const [index, server] of shuffled([...fleet.servers.entries()])) {
      const mark = server.cpuTime();
      if (rounds > 0) rows[index].cpu.push((mark - marks[index]) / 1000 / counts[index]);
      marks[index] = mark;
      const turn = await fleet.turn(server, order);
      rows[index].latencies.push(...turn.latencies);
      rows[index].requests += turn.requests;
      turns[index] = turn.requests;
    }
    counts = turns;
  }
  for (const [index, server] of fleet.servers.entries()) {
    rows[index].cpu.push((server.cpuTime() - marks[index]) / 1000 / counts[index]);
  }
  const after = await exportedBy(fleet.servers);
  const bare = rows[0].cpu;
  return {
    rounds,
    warmUpSeconds: warmUp / 1000,
    rows: rows.map(({ cpu, latencies, requests }, index) => {
      const ratios = cpu.map((microseconds, round) => microseconds / bare[round]);
      return {
        variant: fleet.servers[index].variant,
        ratio: quantile(ratios, 0.5),
        ratioFrom: quantile(ratios, 0.25),
        ratioTo: quantile(ratios, 0.75),
        cpuMicroseconds: quantile(cpu, 0.5),
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        requests,
        sent: requests + warmUps[index].requests,
        residentMegabytes: residentMegabytes(fleet.servers[index].child.pid),
        exportedBytes: (after[index].bytes - before[index].bytes) / requests,
      };
    }),
  };
}

/** What a request allocates on the heap, and how late the event loop is: an order apart, because looking costs. */
export async function profile(fleet, route, milliseconds) {
  const profiles = {};
  for (const server of fleet.servers) {
    await fleet.turn(server, { ...ROUTES[route], milliseconds: milliseconds / 2 });
    await ask(server.child, { profile: 'start' });
    const { requests } = await fleet.turn(server, { ...ROUTES[route], milliseconds });
    const { allocated, loopDelay99 } = await ask(server.child, { profile: 'stop' });
    profiles[server.variant] = { allocatedBytes: allocated / requests, loopDelay99 };
  }
  return profiles;
}

function shuffled(list) {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}

async function exportedBy(servers) {
  const counts = [];
  for (const server of servers) counts.push(await server.exported());
  return counts;
}
