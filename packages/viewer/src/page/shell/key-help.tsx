import { useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { useKeys } from './keys.ts';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['j', 'k'], 'Next and previous row; the arrow keys do the same'],
  [['Enter'], 'Open the trace, or the details of the span'],
  [['←', '→'], 'Close and open a span or a group'],
  [['/'], 'Search'],
  [['n', 'N'], 'Next and previous match'],
  [['e', 'E'], 'Next and previous error'],
  [['c'], 'Critical path'],
  [['l'], 'Logs under their spans'],
  [['f'], 'Show only this span and what is below'],
  [['g'], 'Flame graph or waterfall'],
  [['Shift', '←', '↑'], 'Draw a box in the heat map; Enter selects what is in it'],
  [['Esc'], 'Close the details, then leave the focus'],
  [['?'], 'These keys'],
];

/** A list of the keys, in a dialog. */
export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = () => {
    if (dialog.current?.open === false) dialog.current.showModal();
  };
  useKeys({ '?': open });
  return (
    <>
      <button type="button" class="button plain icon" aria-label="Keys" title="Keys (?)" onClick={open}>
        <Icon name="keys" />
      </button>
      <dialog class="keys" ref={dialog} aria-labelledby="keys-title">
        <h2 id="keys-title">Keys</h2>
        <dl>
          {KEYS.map(([keys, what]) => (
            <>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}
