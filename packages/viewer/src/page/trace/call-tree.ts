import { at, isFailed, nameOf, serviceOf, type TraceModel } from './trace-model.ts';

/** All spans that were called along the same path. */
export type Call = {
  /** What tells it from the others; empty at the top. */
  readonly path: string;
  readonly service: string;
  readonly name: string;
  readonly calls: Map<string, Call>;
  /** The tree it is in; itself at the top. */
  readonly tree: Call;
  spans: number;
  errors: number;
  /** Nanoseconds, added up. */
  time: number;
  selfTime: number;
};

/** The calls of a trace, or of a span and what is below it; the call at the top has an empty path. */
export function callTree(model: TraceModel, focus: number | undefined): Call {
  const top = newCall('', '', '', undefined);
  const callOf: Call[] = [];
  let calls = 0;
  for (const [span, parent] of model.columns.parents.entries()) {
    const caller = span === focus || (focus === undefined && parent === -1) ? top : callOf[parent];
    if (caller === undefined) continue;
    const key = `${model.columns.service[span]}/${model.columns.name[span]}`;
    let call = caller.calls.get(key);
    if (call === undefined) {
      call = newCall(`${++calls}`, serviceOf(model, span), nameOf(model, span), top);
      caller.calls.set(key, call);
    }
    callOf[span] = call;
    call.spans++;
    if (isFailed(model, span)) call.errors++;
    call.time += at(model.columns.durations, span);
    call.selfTime += at(model.columns.selfTime, span);
  }
  for (const { time } of top.calls.values()) top.time += time;
  return top;
}

function newCall(path: string, service: string, name: string, tree: Call | undefined): Call {
  const call = { path, service, name, calls: new Map(), spans: 0, errors: 0, time: 0, selfTime: 0 };
  return Object.assign(call, { tree: tree ?? (call as unknown as Call) });
}
