import { setTimeout as delay } from 'node:timers/promises';
import { Audit, passed } from './audit.ts';
import type { ChildFailure } from './child.ts';
import { type Load, REQUESTS_PER_SECOND, startLoad } from './load.ts';
import { openScreen, surfaceOf } from './screen.ts';
import { System } from './system.ts';
import { drawReport, drawScreen, drawVerdict } from './view.ts';

const SETTLE_MS = 250;
const FINISH_MS = 5000;

/**
 * Starts the shop, sends load to it and shows its traces, for so many seconds or until `ending` is aborted; then ends
 * everything and says how it went. Resolves with whether all traces and log lines were as they must be. Rejects, with
 * everything ended, if a process could not start or did not stay.
 */
export async function runDemo(seconds: number | undefined, ending: AbortSignal): Promise<boolean> {
  const { stdout } = process;
  const audit = new Audit();
  const crash = promiseOfCrash();
  let serving = false;
  const system = new System({
    servers: process.env,
    onSpans: (spans) => audit.received(spans),
    // What a service says before and after it serves is no part of a request.
    onLine: (line) => serving && audit.logged(line),
    onCrash: crash.report,
    onProgress: (what) => stdout.write(`Starting ${what} …\n`),
  });

  let load: Load | undefined;
  let startedAt = Date.now();
  try {
    const gatewayUrl = await unlessAborted(system.start(), ending);
    if (gatewayUrl === undefined) return true;
    stdout.write(`Sending ${REQUESTS_PER_SECOND} requests a second to ${gatewayUrl}\n\n`);
    startedAt = Date.now();
    serving = true;
    load = startLoad(gatewayUrl, (answer) => audit.answered(answer));
    const screen = openScreen(
      stdout,
      (surface) => drawScreen(audit.findings(), Date.now() - startedAt, surface),
      (surface) => drawReport(audit.findings(), Date.now() - startedAt, surface),
    );
    const settling = setInterval(() => audit.settle(), SETTLE_MS);
    try {
      await Promise.race([end(seconds, ending), crash.happened]);
    } finally {
      clearInterval(settling);
      screen.close();
    }
    await Promise.race([load.stop(), crash.happened]);
    await Promise.race([untilFinished(audit), crash.happened]);
  } finally {
    await Promise.all([load?.stop(), system.stop()]);
  }
  audit.settle(0);
  const surface = surfaceOf(stdout);
  stdout.write(`${drawReport(audit.findings(), Date.now() - startedAt, surface)}\n\n`);
  stdout.write(`${drawVerdict(audit.findings(), surface)}\n`);
  return passed(audit.findings());
}

// What waits in the queue is no less part of a request, and whoever keeps its trace is still to be told.
async function untilFinished(audit: Audit): Promise<void> {
  const deadline = Date.now() + FINISH_MS;
  while (audit.unfinished() > 0 && Date.now() < deadline) await delay(SETTLE_MS);
  await delay(SETTLE_MS);
}

function promiseOfCrash(): { report: (failure: ChildFailure) => void; happened: Promise<never> } {
  let report: (failure: ChildFailure) => void = () => {};
  const happened = new Promise<never>((_resolve, reject) => {
    report = reject;
  });
  happened.catch(() => {}); // it may crash while nobody waits for it yet
  return { report, happened };
}

async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  value.catch(() => {}); // once aborted, how it ends does not matter
  return await Promise.race([value, aborted(signal)]);
}

async function end(seconds: number | undefined, ending: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    if (seconds !== undefined) timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([time, aborted(ending)]);
  clearTimeout(timer);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
