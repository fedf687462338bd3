type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

const SIGNALS: readonly Signal[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * Calls `flush` when the process is about to end, in a way that leaves how it ends as it is:
 *
 * - When nothing is left to do (`beforeExit`): the process goes on until `flush` has resolved, then ends by itself with
 *   its own exit code.
 * - When a signal would end it: `flush`, then the same signal again, now without us, so that the process dies of it. A
 *   second signal meanwhile is not delayed. We listen to a signal only while nobody else does: with a listener of the
 *   application's, or of a library such as signal-exit, everything is as if we were not there, and whoever listens calls
 *   `shutdown()`.
 *
 * `process.exit()` and uncaught errors end a process at once; nothing asynchronous can be done then. Returns a function
 * that undoes all of it.
 */
export function flushBeforeExit(flush: () => Promise<void>): () => void {
  const onBeforeExit = (): void => void flush();
  const onSignal = (name: NodeJS.Signals): void => {
    const signal = name as Signal;
    if (dying) {
      die(signal);
    } else {
      dying = true;
      void flush().then(() => die(signal));
    }
  };
  let dying = false;
  let active = true;

  const die = (signal: Signal): void => {
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
    // Not everything dies of a signal: the first process of a container does not.
    setTimeout(() => {
      dying = false;
      listenIfAlone(signal);
    }, 1000).unref();
  };
  const listenIfAlone = (signal: Signal): void => {
    const listening = process.listeners(signal).includes(onSignal);
    const alone = process.listenerCount(signal) === (listening ? 1 : 0);
    if (active && alone && !listening) process.on(signal, onSignal);
    else if ((!active || !alone) && listening) process.off(signal, onSignal);
  };
  // Listeners come and go in the middle of an event; afterwards it is clear who is there. No signal is delivered between.
  const onListenerChange = (event: string | symbol, listener: unknown): void => {
    if (listener === onSignal || !isSignal(event)) return;
    process.nextTick(() => {
      if (!dying) listenIfAlone(event);
    });
  };
  // The last listener may have removed itself to raise the signal again at once, as Nest's `enableShutdownHooks` does.
  const onListenerRemoved = (event: string | symbol, listener: unknown): void => {
    if (listener !== onSignal && isSignal(event) && !dying && process.listenerCount(event) === 0) listenIfAlone(event);
    else onListenerChange(event, listener);
  };

  process.on('beforeExit', onBeforeExit);
  process.on('newListener', onListenerChange);
  process.on('removeListener', onListenerRemoved);
  for (const signal of SIGNALS) listenIfAlone(signal);
  return () => {
    active = false;
    process.off('beforeExit', onBeforeExit);
    process.off('newListener', onListenerChange);
    process.off('removeListener', onListenerRemoved);
    for (const signal of SIGNALS) listenIfAlone(signal);
  };
}

function isSignal(event: string | symbol): event is Signal {
  return SIGNALS.some((signal) => signal === event);
}
