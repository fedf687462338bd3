import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A viewer in a process of its own. */
export class ViewerProcess {
  #child;

  /** Starts one with these options of `startViewer`. */
  static async start(options) {
    const viewer = new ViewerProcess();
    viewer.#child = fork(fileOf('viewer-process.mjs'), [JSON.stringify(options)]);
    const { url } = await viewer.#message();
    viewer.url = url;
    return viewer;
  }

  /** Memory now; the delays of the event loop and the time of the processor since the last `reset`. */
  async figures(what = 'figures') {
    const answer = this.#message();
    this.#child.send(what);
    return answer;
  }

  /** The JSON of one of the page's own answers; of a trace, its bytes. */
  async ask(path) {
    const response = await fetch(`${this.url}/api/viewer/${path}`);
    if (!response.ok) throw new Error(`${path} answers ${response.status}: ${await response.text()}`);
    const isJson = response.headers.get('content-type') === 'application/json';
    return isJson ? response.json() : new Uint8Array(await response.arrayBuffer());
  }

  async close() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.send('close');
    await ended;
  }

  async #message() {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      return await Promise.race([
        once(this.#child, 'message', { signal }).then(([message]) => message),
        once(this.#child, 'exit', { signal }).then(([code]) => {
          throw new Error(`The viewer has ended with ${code}.`);
        }),
      ]);
    } finally {
      waiting.abort();
    }
  }
}

/** Runs a program of this folder in a process of its own; resolves with the JSON that it prints. */
export async function run(name, ...args) {
  const child = spawn(process.execPath, [fileOf(name), ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name} has ended with ${code}.`);
  return JSON.parse(output);
}
