import { useEffect, useRef } from 'preact/hooks';

/** What each key does; the keys as `KeyboardEvent.key` names them. */
export type Keys = Readonly<Record<string, () => void>>;

/** Keys of the whole view. They stay out of the way of typing, buttons and the browser's own keys. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      const target = event.target as Element;
      const isTyping = target.matches('input:not([type=checkbox]), textarea, select');
      if (isTyping && event.key !== 'Escape') return;
      if ((event.key === 'Enter' || event.key === ' ') && target.closest('a, button, summary, input') !== null) return;
      const action = latest.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
