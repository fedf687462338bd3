import { cpus, loadavg } from 'node:os';

/** Where and when numbers come from: they mean little without. */
export function machine() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    system: process.platform,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg().map((load) => Number(load.toFixed(1))),
  };
}

/** A warning if something else is busy on this machine, else nothing. */
export function busyWarning({ loadAverage, cores }) {
  if (loadAverage[0] <= cores) return undefined;
  return `Load average ${loadAverage[0]} on ${cores} cores before the start: numbers are not worth quoting.`;
}
