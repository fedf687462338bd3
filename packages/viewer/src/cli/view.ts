import { spawn } from 'node:child_process';
import { defaultFile } from '../default-file.ts';
import { identify } from '../identity.ts';
import type { Viewer } from '../viewer.ts';
import { viewerPort } from '../viewer-port.ts';
import type { Arguments } from './arguments.ts';
import type { Command, Printed } from './command.ts';
import { UsageError } from './exit-code.ts';
import { headersOf, SOURCE_OPTIONS } from './source.ts';

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

export const view: Command = {
  name: 'view',
  usage: '[file or address]',
  summary: 'Serve the page of the viewer, and print its address',
  details:
    'Without a file or address it is the viewer of this machine, which receives spans at port 4318, or $THROUGHLINE_VIEWER_PORT;\none that runs already is used. Otherwise the traces of that file or backend are shown, on a free port. It ends with Ctrl-C.',
  options: {
    ...SOURCE_OPTIONS,
    port: { value: 'number', help: 'Where to listen; any free port for a file or backend' },
    host: { value: 'address', help: "The address to listen on; others than this machine's need a token; 127.0.0.1" },
    file: { value: 'path', help: 'Where to keep what is received' },
    open: { help: 'Open a browser' },
  },
  async run({ args, env }) {
    const [given, ...more] = args.positionals;
    if (more.length > 0) throw new UsageError('Expected one file or address.');
    const source = given ?? args.text('source');
    if (source === '-') throw new UsageError('Expected a file or address; view reads no standard input.');
    if (source !== undefined && args.text('file') !== undefined)
      throw new UsageError('Expected --file without a file or address to view: it is for what is received.');
    const port = portOf(args) ?? (source === undefined ? viewerPort(env) : 0);
    const running = source === undefined && args.text('file') === undefined ? await runningAt(args, port) : undefined;
    if (running !== undefined) return printed(running, args, true);
    const host = args.text('host');
    // The other commands need none of it.
    const { startViewer } = await import('../viewer.ts');
    const viewer = await startViewer({
      port,
      ...(host !== undefined && { host }),
      ...(source === undefined
        ? { file: args.text('file') ?? defaultFile(env) }
        : { source, sourceHeaders: headersOf(args.all('header')) }),
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void viewer.close());
    return printed({ url: viewer.url, link: source === undefined ? viewer.link : await linkTo(viewer) }, args, false);
  },
};

function portOf(args: Arguments): number | undefined {
  const text = args.text('port');
  if (text !== undefined && !(/^\d{1,5}$/.test(text) && Number(text) < 65_536))
    throw new UsageError(`Expected --port to be a number from 0 to 65535, got ${JSON.stringify(text)}.`);
  return text === undefined ? undefined : Number(text);
}

async function runningAt(args: Arguments, port: number) {
  if (port === 0 || args.text('host') !== undefined) return undefined;
  const url = `http://127.0.0.1:${port}`;
  return (await identify(url)) === undefined ? undefined : { url, link: url };
}

/** Where to look: at the trace if there is one only. Asks the source, so that it fails here if it cannot be read. */
async function linkTo({ url, link, token, close }: Viewer): Promise<string> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/viewer/traces?limit=2`, { headers });
  const { traces = [], message } = (await response.json()) as { traces?: { traceId: string }[]; message?: string };
  if (!response.ok) {
    await close();
    throw new Error(message ?? `the viewer answers ${response.status}`);
  }
  const [only, ...others] = traces;
  if (only === undefined || others.length > 0) return link;
  return token === undefined ? `${url}/trace/${only.traceId}` : `${url}/trace/${only.traceId}?token=${token}`;
}

function printed({ url, link }: { url: string; link: string }, args: Arguments, wasRunning: boolean): Printed {
  if (args.flag('open')) open(link);
  return {
    json: { url, link, wasRunning },
    lines: [link],
    remarks: [wasRunning ? 'It was running already.' : 'Ctrl-C ends it.'],
  };
}

// Whether there is a browser at all is not for us to know.
function open(link: string): void {
  const [command, ...before] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...before, link], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
