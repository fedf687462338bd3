import { Icon } from '../shell/icon.tsx';
import { nameOf, type TraceModel } from './trace-model.ts';

type FocusPathProps = {
  readonly model: TraceModel;
  readonly focus: number | undefined;
  readonly onFocus: (span: number | undefined) => void;
};

/** As many as fit; the spans between are left out. */
const SHOWN = 4;

/** Where the shown part of the trace is, and the way back up. */
export function FocusPath({ model, focus, onFocus }: FocusPathProps) {
  if (focus === undefined) return null;
  const path: number[] = [];
  for (let span = focus; span !== -1; span = model.columns.parents[span] ?? -1) path.push(span);
  path.reverse();
  const isLong = path.length > SHOWN;
  const shown = isLong ? [path[0] as number, ...path.slice(1 - SHOWN)] : path;
  return (
    <nav class="focus-path" aria-label="Focus">
      <button type="button" class="button small" onClick={() => onFocus(undefined)}>
        Whole trace
      </button>
      {shown.map((span, index) => (
        <span key={span} class="step">
          <Icon name="right" />
          {isLong && index === 1 ? '… ' : null}
          {span === focus ? (
            <strong>{nameOf(model, span)}</strong>
          ) : (
            <button type="button" class="link" onClick={() => onFocus(span)}>
              {nameOf(model, span)}
            </button>
          )}
        </span>
      ))}
    </nav>
  );
}
