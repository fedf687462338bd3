import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

// The program of a process of its own: PostgreSQL in WebAssembly, in memory, for the services that connect to it.
const db = await PGlite.create();
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 20 });
await server.start();

process.once('disconnect', () => process.exit());
process.send?.({ port: Number(server.getServerConn().split(':').at(-1)) });
