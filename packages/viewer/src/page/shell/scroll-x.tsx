import type { ComponentChildren } from 'preact';

/** What may be wider than the window. It can be scrolled by keys too. */
export function ScrollX({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  const byKeys = { tabIndex: 0 };
  return (
    <section class="scroll-x" aria-label={label} {...byKeys}>
      {children}
    </section>
  );
}
