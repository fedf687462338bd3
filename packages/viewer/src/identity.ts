import { get } from 'node:http';

/** What a viewer calls itself, so that it is not mistaken for whatever else listens on its port. */
export const PROGRAM = '@throughline/viewer';

/** What a viewer says about itself. */
export type Identity = {
  readonly pid: number;
  /** The file that it keeps traces in, if any. */
  readonly file: string | undefined;
  /** Why it shows something else than what it receives, or keeps nothing over restarts. */
  readonly note: string | undefined;
};

const MAX_BYTES = 65_536;
const TIMEOUT_MS = 2000;

/**
 * Asks whether a viewer answers there; `undefined` if nobody does, or something else, or not within two seconds. With `ref: false`
 * the question does not keep the process alive.
 */
export function identify(url: string, { ref = true } = {}): Promise<Identity | undefined> {
  return new Promise((resolve) => {
    const request = get(`${url}/api/viewer/status`, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) request.destroy();
      });
      response.on('end', () => done(identityIn(text)));
    });
    const done = (identity?: Identity) => {
      clearTimeout(timer);
      resolve(identity);
    };
    const timer = setTimeout(() => request.destroy(), TIMEOUT_MS).unref();
    if (!ref) request.on('socket', (socket) => socket.unref());
    request.on('error', () => done());
    request.on('close', () => done());
  });
}

function identityIn(text: string): Identity | undefined {
  try {
    const status: unknown = JSON.parse(text);
    if (!isObject(status) || status.program !== PROGRAM || !isObject(status.store)) return undefined;
    const { file, note } = status.store;
    return {
      pid: typeof status.pid === 'number' ? status.pid : 0,
      file: typeof file === 'string' ? file : undefined,
      note: typeof note === 'string' ? note : undefined,
    };
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
