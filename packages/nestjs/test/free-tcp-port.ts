import { Transport } from '@nestjs/microservices';
import { freePort } from '../../../scripts/free-port.mjs';

/** Options of Nest's TCP transport on a port that nobody else gets; Nest cannot choose one by itself. */
export async function freeTcpPort(): Promise<{ transport: Transport.TCP; options: { host: string; port: number } }> {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port: await freePort() } };
}
