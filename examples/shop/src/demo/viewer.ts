import { startViewer } from '@throughline/viewer';

// The program of a process of its own: the viewer of the demo, which keeps its traces in memory.
const viewer = await startViewer({ port: 0 });

process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => void viewer.close().then(() => process.disconnect()));
process.send?.({ port: Number(new URL(viewer.url).port) });
