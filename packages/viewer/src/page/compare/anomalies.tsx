import type { RunComparisonAnswer } from '../../api/messages.ts';
import { count, duration, percent } from '../shell/format.ts';
import { colorOf } from '../shell/service-colors.ts';

const MOST = 50;

/** What is different between two runs and not by chance. */
export function Anomalies({ anomalies }: Pick<RunComparisonAnswer, 'anomalies'>) {
  return (
    <section class="anomalies">
      <h2>Not by chance</h2>
      {anomalies.length === 0 ? (
        <p class="quiet">Nothing differs more than it does from one request to the next.</p>
      ) : (
        <ul>
          {anomalies.slice(0, MOST).map((anomaly, index) => (
            <li key={index}>
              <span class={`dot ${colorOf(anomaly.service)}`} />
              <span class="split">
                {anomaly.service} <strong>{anomaly.name}</strong>
                {anomaly.callee === undefined ? null : ` → ${anomaly.callee}`}
              </span>
              <span class="tag">{anomaly.kind}</span>
              <span class="quiet">
                {figure(anomaly.kind, anomaly.baseline)} → {figure(anomaly.kind, anomaly.current)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function figure(kind: string, value: number): string {
  if (kind === 'slower' || kind === 'faster') return duration(value);
  if (kind !== 'fan-out') return percent(value);
  return value < 10 ? `${Math.round(value * 100) / 100}` : count(value);
}
