// Is what is measured right? Before any measurement every server gets some requests, and its spans must arrive: one of
// the server for every request, whole, with those of the handler in the same trace.
import { setTimeout as delay } from 'node:timers/promises';
import { ROUTES } from './matrix.mjs';

const ALL = 20; // requests of each route where everything is recorded
const SOME = 1500; // where one in a hundred is
const QUIET_MS = 1500;
const PATIENCE_MS = 20_000;

/** Resolves with { spansPerRequest, problems } of every server; rejects if one that should record has recorded nothing. */
export async function check(fleet, routes) {
  const recording = fleet.servers.filter(({ share }) => share !== undefined);
  const names = routes.filter((route) => route !== 'context'); // it has a path of its own no more than a trace
  if (!names.includes('hello')) names.unshift('hello');
  for (const server of recording) {
    await server.watch();
    for (const route of server.share === 1 ? names : ['hello']) {
      const requests = server.share === 1 ? ALL : SOME;
      await fleet.turn(server, { path: ROUTES[route].path, connections: 4, requests });
    }
  }
  await settled(recording);
  const verdicts = {};
  for (const server of recording) {
    const verdict = judge(await server.spans(), server.share === 1 ? names : ['hello'], server.share);
    if (verdict.recorded === 0) throw new Error(`${server.variant} records nothing: its numbers would mean nothing.`);
    verdicts[server.variant] = verdict;
  }
  return verdicts;
}

/** Waits until all have exported something and nothing more comes. */
export async function settled(servers) {
  const until = Date.now() + PATIENCE_MS;
  const started = Date.now();
  let before = [];
  let quietSince = Date.now();
  while (Date.now() < until) {
    await delay(250);
    const counts = [];
    for (const server of servers) counts.push((await server.exported()).spans);
    if (counts.some((count, index) => count !== before[index])) quietSince = Date.now();
    before = counts;
    // Most batches go after five seconds at the latest.
    if (Date.now() - started > 5500 && Date.now() - quietSince > QUIET_MS && counts.every((count) => count > 0)) return;
  }
}

function judge(spans, routes, share) {
  const traces = byTrace(spans);
  const verdict = { recorded: 0, spansPerRequest: {}, problems: [] };
  for (const route of routes) {
    const { path, spans: least, named = [] } = ROUTES[route];
    const own = [...traces.values()].filter((trace) => trace.some(({ entry, about }) => entry && about.includes(path)));
    verdict.recorded += own.length;
    verdict.spansPerRequest[route] = own.length === 0 ? 0 : own.flat().length / own.length;
    const told = (text) => verdict.problems.push(`${path}: ${text}`);
    const [fewest, most] = share === 1 ? [ALL, ALL] : [1, SOME * share * 4];
    if (own.length < fewest || own.length > most) told(`${own.length} traces, expected ${fewest} to ${most}`);
    for (const trace of own) {
      if (trace.length < least) told(`a trace of ${trace.length} spans, expected ${least}`);
      if (trace.some(({ ended }) => !ended)) told('a span that did not end');
      for (const name of named) if (!trace.some((span) => span.name === name)) told(`a trace without the span ${name}`);
    }
  }
  verdict.problems = [...new Set(verdict.problems)];
  return verdict;
}

function byTrace(spans) {
  const traces = new Map();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}
