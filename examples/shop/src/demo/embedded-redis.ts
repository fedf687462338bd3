import { createServer, type Socket } from 'node:net';
import { readCommands } from './resp.ts';

// The program of a process of its own: as much of Redis as a cache takes, in memory, for the service that connects to it.
const MAX_ENTRIES = 10_000;
const entries = new Map<string, { readonly value: Buffer; readonly until: number }>();

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  readCommands(
    socket,
    (command) => socket.write(answer(command, socket)),
    (problem) => socket.end(`-ERR Protocol error: ${problem}\r\n`),
  );
});

function answer([name = Buffer.alloc(0), ...given]: readonly Buffer[], socket: Socket): Buffer | string {
  const command = name.toString('latin1').toUpperCase();
  const [key, value, unit, amount] = given;
  if (command === 'PING') return '+PONG\r\n';
  if (command === 'INFO') return bulk(Buffer.from('loading:0\r\n'));
  if (command === 'CLIENT' || command === 'SELECT') return '+OK\r\n';
  if (command === 'QUIT') {
    socket.end('+OK\r\n');
    return '';
  }
  if (command === 'GET' && key !== undefined && given.length === 1) return bulk(find(key.toString('latin1')));
  if (command === 'SET' && key !== undefined && value !== undefined) {
    const milliseconds = lifetime(unit, amount);
    if (milliseconds === undefined) return '-ERR syntax error\r\n';
    if (entries.size >= MAX_ENTRIES) entries.clear();
    entries.set(key.toString('latin1'), { value, until: Date.now() + milliseconds });
    return '+OK\r\n';
  }
  if (command === 'GET' || command === 'SET') return `-ERR wrong number of arguments for '${command}' command\r\n`;
  // In the words of Redis: by them clients know that they have to make do with RESP2.
  return `-ERR unknown command '${command.replace(/[^\x21-\x7e]/g, '?').slice(0, 64)}'\r\n`;
}

function find(key: string): Buffer | undefined {
  const entry = entries.get(key);
  if (entry === undefined) return undefined;
  if (entry.until > Date.now()) return entry.value;
  entries.delete(key);
  return undefined;
}

function lifetime(unit: Buffer | undefined, amount: Buffer | undefined): number | undefined {
  if (unit === undefined) return Number.POSITIVE_INFINITY;
  const seconds = Number(amount?.toString('latin1'));
  return unit.toString('latin1').toUpperCase() === 'EX' && Number.isInteger(seconds) && seconds > 0
    ? seconds * 1000
    : undefined;
}

function bulk(value: Buffer | undefined): Buffer | string {
  return value === undefined
    ? '$-1\r\n'
    : Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')]);
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.once('disconnect', () => process.exit());
