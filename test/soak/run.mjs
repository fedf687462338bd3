// Does anything grow? Servers of every framework at saturation, with errors, aborts, streams, upgrades and a neighbour that is
// replaced all the time. Now and then the load pauses, and everything must be as it was at the first pause:
//
//   npx pnpm test:soak --minutes 30
//   npx pnpm test:soak --minutes 2 --seed 7
//   npx pnpm test:soak --minutes 2 --plant 'a span that never ends'   must fail; more of them are in planted.mjs
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { frameworks } from './frameworks.mjs';
import { BEHAVIOURS } from './load.mjs';
import { PLANTED } from './planted.mjs';
import { judge, table } from './verdict.mjs';

const CONNECTIONS = 8;

/** Pools close what was idle for so long, and what is held is decided; both are held by the request that made them. */
const IDLE_MS = 5000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    plant: { type: 'string', default: '' },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed) || (values.plant !== '' && !(values.plant in PLANTED))) {
  console.error('Usage: npx pnpm test:soak [--minutes <number>] [--seed <number>] [--plant <leak>]');
  console.error(`Leaks: ${Object.keys(PLANTED).join(', ')}`);
  process.exit(2);
}
/** Enough pauses for a line through what the heaps are at them. */
const rounds = minutes >= 10 ? 12 : 8;
const roundMs = (minutes * 60_000) / rounds;
const day = new Date().toISOString().slice(0, 10);
console.log(
  `${day}, ${minutes} minutes, seed ${seed}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`,
);

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
const sink = http
  .createServer((request, response) => void request.resume().once('end', () => response.end()))
  .listen(0, '127.0.0.1');
await once(sink, 'listening');
const endpoint = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (sink.address()).port}`;
const names = /** @type {(keyof typeof frameworks)[]} */ (Object.keys(frameworks));
const random = generator(seed);

const subjects = await Promise.all(names.map((name) => startService(name)));
/** @type {Map<string, number>} */
const problems = new Map();
/** By server. */
const requests = subjects.map(() => 0);
let replacements = 0;
// It goes from one port to the other and back: of each address that it has had, Node's own fetch keeps some 60 kB for good.
/** @type {number[]} */
const ports = [];
let neighbour = await replaceNeighbour(undefined);
/** For each framework, what it held at each pause. @type {import('./service.mjs').Report[][]} */
const samples = subjects.map(() => []);
/** The same for the requests that it had got until then. @type {number[][]} */
const made = subjects.map(() => []);
for (let round = 0; round < rounds; round += 1) {
  await load(roundMs);
  await delay(IDLE_MS);
  const reports = await Promise.all(subjects.map((subject) => subject.ask('report', 'report')));
  for (const [index, report] of reports.entries()) samples[index]?.push(report);
  for (const [index, count] of requests.entries()) made[index]?.push(count);
}
const endings = await Promise.all([...subjects, neighbour].map((service) => service.end()));
sink.close();
sink.closeAllConnections();

const verdicts = names.map((name, index) => ({ name, ...judge(samples[index] ?? [], made[index] ?? [], minutes) }));
console.log(`${table(verdicts)}\n\nThe neighbour was replaced ${replacements} times.`);
const found = [
  ...[...problems].map(([problem, times]) => `${problem} (${times} times)`),
  ...verdicts.flatMap(({ name, shortcomings }) => shortcomings.map((each) => `${name}: ${each}`)),
  ...endings.flatMap((ending) => ending ?? []),
];
for (const problem of found) console.error(`✗ ${problem}`);
if (found.length === 0) console.log('✓ every client got what it should, and nothing grew');
process.exit(found.length === 0 ? 0 : 1);

/** Keeps every connection to every subject busy. @param {number} durationMs */
async function load(durationMs) {
  const end = performance.now() + durationMs;
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const workers = subjects.flatMap(({ url }, index) =>
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < end) {
        const name = choose();
        requests[index] = (requests[index] ?? 0) + 1;
        await BEHAVIOURS[name]?.run({ url, agent, random }).catch((error) => {
          const problem = `${name}: ${error.message}`.replaceAll(/[\d.]{4,}/g, '…').slice(0, 200);
          problems.set(problem, (problems.get(problem) ?? 0) + 1);
        });
      }
    }),
  );
  const replacing = (async () => {
    while (performance.now() + 5000 < end) {
      await delay(Math.min(20_000, durationMs / 2));
      neighbour = await replaceNeighbour(neighbour);
    }
  })();
  await Promise.all([...workers, replacing]);
  agent.destroy();
}

/** @param {Awaited<ReturnType<typeof startService>> | undefined} old */
async function replaceNeighbour(old) {
  const next = await startService(names[replacements % names.length] ?? 'express', ports[replacements % 2]);
  ports[replacements % 2] = next.port;
  for (const subject of subjects) subject.child.send({ neighbour: next.url });
  replacements += 1;
  for (const problem of (await old?.end()) ?? []) problems.set(problem, (problems.get(problem) ?? 0) + 1);
  return next;
}

/** @param {keyof typeof frameworks} framework @param {number} [listenOn] */
async function startService(framework, listenOn = 0) {
  const child = fork(
    fileURLToPath(new URL('service.mjs', import.meta.url)),
    [JSON.stringify({ framework, endpoint, plant: values.plant, listenOn })],
    {
      execArgv: ['--expose-gc', '--no-warnings'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  children.add(child);
  child.once('exit', () => children.delete(child));
  /** @param {'report' | 'end'} ask @param {string} key */
  const ask = async (ask, key) => {
    child.send({ ask });
    return (await answerOf(child, key))[key];
  };
  const { port } = await answerOf(child, 'port');
  return {
    child,
    port: Number(port),
    url: `http://127.0.0.1:${port}`,
    ask,
    /** Asks it to end, as a deployment does, and resolves with what was wrong with that. @returns {Promise<string[]>} */
    async end() {
      const exited = once(child, 'exit');
      const { exported, failed, dropped, pending } = await ask('end', 'stats');
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const [code] = await exited;
      clearTimeout(late);
      const lost = failed + dropped + pending;
      return [
        ...(code === 0 ? [] : [`${framework} ended with ${code} instead of by itself`]),
        ...(lost === 0 ? [] : [`${framework} lost ${lost} of ${exported + lost} spans`]),
      ];
    },
  };
}

/** The next message with this key. @param {import('node:child_process').ChildProcess} child @param {string} key @returns {Promise<any>} */
function answerOf(child, key) {
  return new Promise((resolve, reject) => {
    const exited = (/** @type {number | null} */ code) => reject(new Error(`A server ended with ${code}`));
    child.once('exit', exited);
    child.on('message', function listen(/** @type {Record<string, unknown>} */ message) {
      if (!(key in message)) return;
      child.off('message', listen).off('exit', exited);
      resolve(message);
    });
  });
}

function choose() {
  const entries = Object.entries(BEHAVIOURS);
  let at = random() * entries.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [name, { weight }] of entries) {
    at -= weight;
    if (at < 0) return name;
  }
  return 'a request';
}

/** Numbers from 0 to 1. @param {number} seed */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
