import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Transport } from '@nestjs/microservices';

/** Options of Nest's TCP transport on a port that was free a moment ago; Nest cannot choose one by itself. */
export async function freeTcpPort(): Promise<{ transport: Transport.TCP; options: { host: string; port: number } }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
}
