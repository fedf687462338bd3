// The collector of the benchmark: counts what arrives and answers 200. IPC: 'count' → { requests, bytes, names }.
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

const seen = { requests: 0, bytes: 0, spans: 0 };
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  seen.requests += 1;
  seen.bytes += body.length;
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  seen.spans += count(plain, Buffer.from('http.request.method'));
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'text/plain' });
  response.end(request.headers['content-type']?.includes('json') ? '{}' : '');
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ ...seen }));

// Every HTTP span has this attribute once, whatever the encoding.
function count(body, needle) {
  let found = 0;
  for (let at = body.indexOf(needle); at >= 0; at = body.indexOf(needle, at + needle.length)) found += 1;
  return found;
}
