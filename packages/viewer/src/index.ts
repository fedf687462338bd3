export { startViewer, type Viewer, type ViewerOptions } from './viewer.ts';
