import { useEffect, useState } from 'preact/hooks';

/** Where the page is: its whole state, so that an address can be passed on. */
export type Route = { readonly path: string; readonly parameters: URLSearchParams };

/** What to change in the query string; `undefined` and the empty text take a parameter out. */
export type Changes = Readonly<Record<string, string | undefined>>;

const CHANGED = 'throughline:route';

/** The address of the page, and again whenever it changes. */
export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const update = () => setRoute(currentRoute());
    addEventListener('popstate', update);
    addEventListener(CHANGED, update);
    document.addEventListener('click', followLink);
    return () => {
      removeEventListener('popstate', update);
      removeEventListener(CHANGED, update);
      document.removeEventListener('click', followLink);
    };
  }, []);
  return route;
}

/** Goes to an address of this page; `replace` keeps small steps out of the history. */
function go(address: string, { replace = false } = {}): void {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  dispatchEvent(new Event(CHANGED));
}

/** Changes what the address says and stays on this view. */
export function change(changes: Changes, { replace = true } = {}): void {
  go(addressOf(location.pathname, changes, new URLSearchParams(location.search)), { replace });
}

/** A path with parameters. */
export function addressOf(path: string, changes: Changes, base = new URLSearchParams()): string {
  const parameters = new URLSearchParams(base);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

function currentRoute(): Route {
  return { path: location.pathname, parameters: new URLSearchParams(location.search) };
}

// Links are plain links, so that they can be copied and opened in a tab.
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest('a');
  if (
    link === null ||
    link === undefined ||
    link.target !== '' ||
    link.origin !== location.origin ||
    link.hasAttribute('download') ||
    link.hash !== ''
  )
    return;
  event.preventDefault();
  const isNewPlace = link.pathname !== location.pathname;
  go(link.pathname + link.search);
  if (isNewPlace) scrollTo(0, 0);
}
