import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

type CopyButtonProps = {
  readonly label: string;
  /** What to copy; asked for when the button is pressed. */
  readonly text: () => string | Promise<string>;
  readonly title?: string;
};

/** Puts a text on the clipboard and says so. */
export function CopyButton({ label, text, title }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await text());
      setState('done');
    } catch {
      // Browsers refuse without a secure address or a permission.
      setState('failed');
    }
    setTimeout(() => setState('idle'), 1600);
  };
  return (
    <button type="button" class="button small copy" title={title} onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite">{state === 'idle' ? label : state === 'done' ? 'Copied' : 'Not copied'}</span>
    </button>
  );
}
