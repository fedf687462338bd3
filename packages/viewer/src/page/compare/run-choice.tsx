import type { Run } from '../../api/messages.ts';
import { count, momentOfMs } from '../shell/format.ts';

type RunChoiceProps = {
  readonly label: string;
  readonly runs: readonly Run[];
  readonly chosen: string;
  readonly onChoose: (run: string) => void;
};

/** A run to compare. */
export function RunChoice({ label, runs, chosen, onChoose }: RunChoiceProps) {
  return (
    <label class="choice">
      <span class="quiet">{label}</span>
      <select class="button" value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
        {runs.map(({ id, startedMs, traces }) => (
          <option key={id} value={`${id}`}>
            Run {id}, {momentOfMs(startedMs)}, {count(traces)} traces
          </option>
        ))}
      </select>
    </label>
  );
}
