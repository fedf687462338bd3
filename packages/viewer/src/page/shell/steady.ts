import { useCallback, useRef } from 'preact/hooks';

/** A function that stays the same from one drawing to the next and does what the latest one does. */
export function useSteady<A extends readonly unknown[]>(latest: (...given: A) => void): (...given: A) => void {
  const current = useRef(latest);
  current.current = latest;
  return useCallback((...given: A) => current.current(...given), []);
}
