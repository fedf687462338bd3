/** A path and its parameters. */
export type Target = { readonly path: string; readonly parameters: URLSearchParams };

const MAX_LENGTH = 16_384;

/** Reads the target of a request; nothing, for one that is no path: senders may write anything there. */
export function targetOf(url: string | undefined): Target | undefined {
  if (url === undefined || url.length > MAX_LENGTH || !url.startsWith('/') || url.startsWith('//')) return undefined;
  const [before = '', ...query] = url.split('?');
  let path: string;
  try {
    path = decodeURIComponent(before);
  } catch {
    return undefined;
  }
  if (/[\p{Cc}\\]/u.test(path) || path.split('/').includes('..')) return undefined;
  return { path, parameters: new URLSearchParams(query.join('?')) };
}
