// What servers call when a route makes an outgoing call.
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end('hello'));
process.once('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
