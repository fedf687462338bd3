import type { BackgroundMessage } from './background-message.ts';
import { defaultFile } from './default-file.ts';
import { openViewer } from './viewer.ts';

/** A viewer at a port that ends when nobody has used it for so many milliseconds; what `findOrStartViewer` runs. */
const [port, idleMs] = process.argv.slice(2).map(Number) as [number, number];
let usedAt = performance.now();
try {
  const onUse = () => {
    usedAt = performance.now();
  };
  const viewer = await openViewer({ port, file: defaultFile(process.env) }, { onUse });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void viewer.close());
  const check = setInterval(() => {
    if (performance.now() - usedAt < idleMs) return;
    clearInterval(check);
    void viewer.close();
  }, idleMs / 60).unref();
  tell({ is: 'ready' });
} catch (error) {
  tell({ is: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}

// Whoever has started it may have ended meanwhile.
function tell(message: BackgroundMessage): void {
  process.send?.(message, () => {
    if (process.connected) process.disconnect();
  });
}
