import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { evaluate, missingData, report } from '../bench/nezha.mjs';
import { type Fault, randomFrom, shopTraces } from './shop-traces.ts';

const folder = mkdtempSync(join(tmpdir(), 'nezha-'));
afterAll(() => rmSync(folder, { recursive: true }));
const random = randomFrom(3);

it('ranks the faults of a folder laid out as Nezha’s, and counts alarms in fault-free minutes', () => {
  const day = '2023-01-29';
  const injected = Date.parse('2023-11-14T22:14:00Z');
  write(`construct_data/${day}/trace/08_50_trace.csv`, { kind: 'none' }, 40);
  write(`rca_data/${day}/trace/10_59_trace.csv`, { kind: 'none' }, 40);
  write(`rca_data/${day}/trace/11_01_trace.csv`, { kind: 'slow', service: 'stock', by: 30 }, 40);
  const fault = (inject_time: string, pod: string) => ({
    inject_time: `${day} ${inject_time}`,
    inject_timestamp: String(injected / 1000),
    inject_pod: pod,
    inject_type: 'cpu_contention',
  });
  const faults = { 10: [fault('10:59:00', 'stock-5f9c4-abcde')], 12: [fault('12:00:00', 'web-5f9c4-abcde')] };
  writeFileSync(join(folder, 'rca_data', day, `${day}-fault_list.json`), JSON.stringify(faults));

  const [trainTicket, onlineBoutique] = evaluate(folder);
  expect(trainTicket).toMatchObject({
    all: { faults: 1, first: 1, three: 1, five: 1, alarms: 1 },
    quiet: 1,
    falseAlarms: 0,
    absent: 1,
  });
  expect(onlineBoutique).toMatchObject({ all: { faults: 0 }, quiet: 0, absent: 0 });
  if (trainTicket !== undefined) expect(report(trainTicket)).toContain('| cpu_contention | 1 | 100.0 % |');
});

it('says where the data are to be had when they are not there', () => {
  expect(missingData('/nowhere')).toContain('https://github.com/IntelligentDDS/Nezha');
  expect(missingData(undefined)).toContain('NEZHA_DIR');
  expect(missingData(folder)).toBeUndefined();
});

function write(name: string, fault: Fault, count: number): void {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  const rows = shopTraces(count, fault, random).flatMap((trace, index) =>
    trace.spans.map(({ span }) =>
      [
        String(index).padStart(32, '0'),
        span.spanId,
        span.parentSpanId ?? 'root',
        `${span.resource.service}-5f9c4-abcde`,
        span.name,
        span.startUnixNano,
        span.endUnixNano,
        Number(span.endUnixNano - span.startUnixNano) / 1000,
      ].join(','),
    ),
  );
  writeFileSync(
    file,
    `TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n${rows.join('\n')}\n`,
  );
}
