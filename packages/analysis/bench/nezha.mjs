// How well root causes are ranked, on the public data of Nezha (Yu et al., ESEC/FSE 2023): faults injected into two shops of
// microservices, TrainTicket and OnlineBoutique. Only the traces are read, not the logs and metrics that are there too.
// `npx pnpm build && NEZHA_DIR=<clone of github.com/IntelligentDDS/Nezha> node packages/analysis/bench/nezha.mjs [--verbose]`
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { buildTrace, groupByTrace, rootCauses, TraceProfile } from '@throughline/analysis';

/** @typedef {import('@throughline/analysis').Trace} Trace */
/** @typedef {{ inject_time: string, inject_timestamp: string, inject_pod: string, inject_type: string }} Fault */
/** @typedef {{ faults: number, first: number, three: number, five: number, alarms: number }} Hits */
/** @typedef {{ system: string, all: Hits, byType: Map<string, Hits>, quiet: number, falseAlarms: number, absent: number, lines: string[] }} Result */

/** From this score on there would be an alarm: a tenth of a usual request more for each, or one in ten broken off. */
const ALARM = 0.1;
/** Of fewer traces nothing is said. */
const LEAST_TRACES = 10;
const SYSTEMS = [
  { system: 'TrainTicket', days: ['2023-01-29', '2023-01-30'] },
  { system: 'OnlineBoutique', days: ['2022-08-22', '2022-08-23'] },
];

/**
 * Ranks the services of every fault as Nezha's own evaluation does: the second minute after the injection against the
 * fault-free minute that was recorded for the day (where that is absent, for the other day of the system). Minutes whose
 * traces had all ended before an injection are fault-free too; what is found in them is a false alarm.
 * @param {string} directory @returns {Result[]}
 */
export function evaluate(directory) {
  return SYSTEMS.map(({ system, days }) => {
    /** @type {Result} */
    const result = { system, all: noHits(), byType: new Map(), quiet: 0, falseAlarms: 0, absent: 0, lines: [] };
    const baselines = days.map((day) => constructed(directory, day));
    for (const [at, day] of days.entries()) {
      const baseline = baselines[at] ?? baselines.find((other) => other !== undefined);
      for (const fault of faultsOf(directory, day)) {
        const faulty = minute(directory, day, fault, 2);
        if (baseline === undefined || faulty === undefined) result.absent += 1;
        else rank(result, fault, profile(faulty), baseline);
        const before = Number(fault.inject_timestamp) * 1e9;
        const quiet = minute(directory, day, fault, 0)?.filter(
          ({ startUnixNano, duration }) => Number(startUnixNano) + duration < before,
        );
        if (baseline === undefined || quiet === undefined || quiet.length < LEAST_TRACES) continue;
        result.quiet += 1;
        if (isAlarm(rootCauses(profile(quiet), baseline))) result.falseAlarms += 1;
      }
    }
    return result;
  });
}

/** @param {Result} result @param {Fault} fault @param {TraceProfile} current @param {TraceProfile} baseline */
function rank(result, fault, current, baseline) {
  const service = serviceOf(fault.inject_pod);
  const causes = rootCauses(current, baseline);
  const place = causes.findIndex((cause) => cause.service === service) + 1;
  const ofType = result.byType.get(fault.inject_type) ?? noHits();
  result.byType.set(fault.inject_type, ofType);
  for (const hits of [result.all, ofType]) {
    hits.faults += 1;
    if (place === 1) hits.first += 1;
    if (place >= 1 && place <= 3) hits.three += 1;
    if (place >= 1 && place <= 5) hits.five += 1;
    if (isAlarm(causes)) hits.alarms += 1;
  }
  const leaders = causes.slice(0, 3).map((cause) => `${cause.service} ${cause.score.toFixed(2)}`);
  result.lines.push(
    `${fault.inject_time} ${service} ${fault.inject_type}: place ${place || '-'}; ${leaders.join(', ')}`,
  );
}

/** @param {readonly import('@throughline/analysis').RootCause[]} causes */
function isAlarm(causes) {
  return (causes[0]?.score ?? 0) >= ALARM;
}

/** @returns {Hits} */
function noHits() {
  return { faults: 0, first: 0, three: 0, five: 0, alarms: 0 };
}

/** @param {string} directory @param {string} day @returns {Fault[]} */
function faultsOf(directory, day) {
  const file = join(directory, 'rca_data', day, `${day}-fault_list.json`);
  return existsSync(file)
    ? /** @type {Fault[][]} */ (Object.values(JSON.parse(readFileSync(file, 'utf8')))).flat()
    : [];
}

/** @param {string} directory @param {string} day */
function constructed(directory, day) {
  const folder = join(directory, 'construct_data', day, 'trace');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('_trace.csv')) : [];
  const traces = files.flatMap((name) => tracesOf(join(folder, name)));
  return traces.length === 0 ? undefined : profile(traces);
}

/** The traces of the file so many minutes after the injection. @param {string} directory @param {string} day @param {Fault} fault @param {number} later */
function minute(directory, day, fault, later) {
  const [hour = 0, start = 0] = (fault.inject_time.split(' ')[1] ?? '').split(':').map(Number);
  const at = hour * 60 + start + later;
  const name = `${String(Math.floor(at / 60)).padStart(2, '0')}_${String(at % 60).padStart(2, '0')}_trace.csv`;
  const file = join(directory, 'rca_data', day, 'trace', name);
  return existsSync(file) ? tracesOf(file) : undefined;
}

/** @param {readonly Trace[]} traces */
function profile(traces) {
  const made = new TraceProfile();
  for (const trace of traces) made.add(trace);
  return made;
}

/** @param {string} file @returns {Trace[]} */
function tracesOf(file) {
  /** @type {Map<string, import('@throughline/analysis').Resource>} */
  const resources = new Map();
  const [, ...rows] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const spans = rows.map((row) => {
    const [traceId = '', spanId = '', parent = '', pod = '', name = '', start = '0', end = '0'] = row.split(',');
    const resource = resources.get(pod) ?? { service: serviceOf(pod), attributes: { 'k8s.pod.name': pod } };
    resources.set(pod, resource);
    return {
      traceId,
      spanId,
      ...(parent === 'root' ? {} : { parentSpanId: parent }),
      name,
      kind: /** @type {const} */ ('internal'),
      startUnixNano: BigInt(start),
      endUnixNano: BigInt(end),
      status: /** @type {const} */ ('unset'),
      attributes: {},
      events: [],
      links: [],
      resource,
    };
  });
  return [...groupByTrace(spans).values()].map((group) => buildTrace(group));
}

/** A pod is named after its service, its replica set and itself. @param {string} pod */
function serviceOf(pod) {
  return pod.split('-').slice(0, -2).join('-');
}

/** @param {Result} result */
export function report({ system, all, byType, quiet, falseAlarms, absent }) {
  const share = (/** @type {number} */ count, /** @type {number} */ total) =>
    `${total === 0 ? '-' : ((100 * count) / total).toFixed(1)} %`;
  const row = (/** @type {string} */ name, /** @type {Hits} */ hits) =>
    `| ${name} | ${hits.faults} | ${share(hits.first, hits.faults)} | ${share(hits.three, hits.faults)} | ${share(hits.five, hits.faults)} | ${share(hits.alarms, hits.faults)} |`;
  return [
    '| faults | number | top 1 | top 3 | top 5 | alarm |',
    '| --- | --- | --- | --- | --- | --- |',
    row(`${system}, all`, all),
    ...[...byType].sort().map(([type, hits]) => row(type, hits)),
    '',
    `${falseAlarms} false alarms in ${quiet} fault-free minutes; the traces of ${absent} faults are absent.`,
  ].join('\n');
}

/** What to do when the data are not in this folder; nothing when they are. @param {string | undefined} directory */
export function missingData(directory) {
  return directory !== undefined && existsSync(join(directory, 'rca_data'))
    ? undefined
    : 'NEZHA_DIR has to be a folder with `rca_data` and `construct_data`: git clone https://github.com/IntelligentDDS/Nezha (760 MB) and set NEZHA_DIR to it.';
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const missing = missingData(env.NEZHA_DIR);
  if (missing !== undefined) {
    console.error(missing);
    exit(1);
  }
  for (const result of evaluate(env.NEZHA_DIR ?? '')) {
    if (argv.includes('--verbose')) console.log(`${result.lines.join('\n')}\n`);
    console.log(`${report(result)}\n`);
  }
}
