import { createWriteStream } from 'node:fs';

/** Where log lines go: they are written, and nobody keeps them. */
export function quiet() {
  return createWriteStream('/dev/null');
}
