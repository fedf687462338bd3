import { setTimeout as delay } from 'node:timers/promises';
import { Audit, passed } from './audit.ts';
import type { ChildFailure } from './child.ts';
import { type Load, REQUESTS_PER_SECOND, startLoad } from './load.ts';
import { openScreen, surfaceOf } from './screen.ts';
import { System } from './system.ts';
import { drawLinks, drawReport, drawScreen, drawVerdict, drawViewed } from './view.ts';

const SETTLE_MS = 250;
const FINISH_MS = 5000;

/** What ends the demo, and whether its viewer stays open after the load, until `leaving` is aborted. */
export type Ends = {
  readonly seconds: number | undefined;
  readonly ending: AbortSignal;
  readonly staysOpen: boolean;
  readonly leaving: AbortSignal;
};

/**
 * Starts the shop, sends load to it and shows its traces, for so many seconds or until `ending` is aborted; then ends
 * everything and says how it went. Resolves with whether all traces and log lines were as they must be. Rejects, with
 * everything ended, if a process could not start or did not stay.
 */
export async function runDemo(ends: Ends): Promise<boolean> {
  const audit = new Audit();
  const crash = promiseOfCrash();
  let serving = false;
  const system = new System({
    servers: process.env,
    onSpans: (spans) => audit.received(spans),
    // What a service says before and after it serves is no part of a request.
    onLine: (line) => serving && audit.logged(line),
    onCrash: crash.report,
    onProgress: (what) => process.stdout.write(`Starting ${what} …\n`),
  });
  try {
    return await show(system, audit, crash.happened, ends, () => {
      serving = true;
    });
  } finally {
    await system.stopViewer();
  }
}

async function show(
  system: System,
  audit: Audit,
  crash: Promise<never>,
  { seconds, ending, staysOpen, leaving }: Ends,
  onServing: () => void,
): Promise<boolean> {
  const { stdout } = process;
  let load: Load | undefined;
  let startedAt = Date.now();
  let viewerUrl = '';
  try {
    const started = await unlessAborted(system.start(), ending);
    if (started === undefined) return true;
    const { gatewayUrl } = started;
    viewerUrl = started.viewerUrl;
    stdout.write(`Sending ${REQUESTS_PER_SECOND} requests a second to ${gatewayUrl}\n\n`);
    stdout.write(`${drawLinks(viewerUrl, surfaceOf(stdout))}\n\n`);
    startedAt = Date.now();
    onServing();
    load = startLoad(gatewayUrl, (answer) => audit.answered(answer));
    const screen = openScreen(
      stdout,
      (surface) => drawScreen(audit.findings(), Date.now() - startedAt, surface, viewerUrl),
      (surface) => drawReport(audit.findings(), Date.now() - startedAt, surface, viewerUrl),
    );
    const settling = setInterval(() => audit.settle(), SETTLE_MS);
    try {
      await Promise.race([end(seconds, ending), crash]);
    } finally {
      clearInterval(settling);
      screen.close();
    }
    await Promise.race([load.stop(), crash]);
    await Promise.race([untilFinished(audit), crash]);
  } finally {
    await Promise.all([load?.stop(), system.stop()]);
  }
  audit.settle(0);
  const surface = surfaceOf(stdout);
  stdout.write(`${drawReport(audit.findings(), Date.now() - startedAt, surface, viewerUrl)}\n\n`);
  stdout.write(`${drawVerdict(audit.findings(), surface)}\n`);
  const viewed = await system.viewed();
  stdout.write(`${drawViewed(viewed, surface)}\n`);
  if (staysOpen) {
    stdout.write(`\n${drawLinks(viewerUrl, surface)}\n\nThe viewer stays open until Ctrl-C.\n`);
    await aborted(leaving);
  }
  return passed(audit.findings()) && viewed.received === viewed.sent;
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
