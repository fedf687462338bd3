import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveMessage } from '../../api/messages.ts';

/** Whether what comes in is heard of: a stream that is lost comes back by itself. */
export type LiveState = 'off' | 'connecting' | 'on' | 'lost';

/** Calls back with what has just come in, while `isOn`. */
export function useLive(isOn: boolean, onMessage: (message: LiveMessage) => void): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  const latest = useRef(onMessage);
  latest.current = onMessage;
  useEffect(() => {
    if (!isOn) return setState('off');
    setState('connecting');
    const stream = new EventSource('/api/viewer/live');
    stream.onopen = () => setState('on');
    stream.onerror = () => setState('lost');
    stream.onmessage = ({ data }) => latest.current(JSON.parse(data) as LiveMessage);
    return () => stream.close();
  }, [isOn]);
  return state;
}
