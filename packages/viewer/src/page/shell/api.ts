import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../api/messages.ts';

/** Why the viewer did not answer. */
export class ApiProblem extends Error {
  /** Where in a query the flaw is, from 0. */
  readonly position: number | undefined;

  constructor({ message, position }: Problem) {
    super(message);
    this.position = position;
  }
}

/** Asks the viewer; `path` is relative to `/api/viewer/`. */
async function ask<T>(path: string, read: Reading<T>, request: RequestInit = {}): Promise<T> {
  const response = await fetch(`/api/viewer/${path}`, request);
  if (response.ok) return read(response);
  const problem = await response.json().catch(() => undefined);
  throw new ApiProblem({ message: `The viewer answered ${response.status}.`, ...(problem as object) });
}

/** Makes an answer of what came. */
export type Reading<T> = (response: Response) => Promise<T>;

/** What is known of an answer. The last one stays until the next is there, so that nothing flickers. */
export type Asked<T> = { readonly answer?: T; readonly problem?: ApiProblem; readonly isLoading: boolean };

/** Asks while a view is shown, and again when the path or `version` changes; `undefined` asks nothing. */
export function useAnswer<T>(path: string | undefined, version = 0, read: Reading<T> = fromJson): Asked<T> {
  const [asked, setAsked] = useState<Asked<T> & { readonly path?: string | undefined }>({ isLoading: true });
  useEffect(() => {
    void version;
    if (path === undefined) return setAsked({ isLoading: false });
    const abort = new AbortController();
    setAsked(({ answer }) => ({ isLoading: true, ...(answer !== undefined && { answer }) }));
    ask(path, read, { signal: abort.signal }).then(
      (answer) => setAsked({ answer, path, isLoading: false }),
      (error: unknown) => {
        if (!abort.signal.aborted) setAsked({ problem: problemOf(error), path, isLoading: false });
      },
    );
    return () => abort.abort();
  }, [path, version]);
  return asked;
}

function fromJson<T>(response: Response): Promise<T> {
  return response.json();
}

/** A failure in words for people. */
function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({ message: 'The viewer cannot be reached. Is it still running?' });
}
