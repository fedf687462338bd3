// Start with `node local.mjs` and send the event that it prints: what Lambda does around a function, freezing included.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const TIMEOUT_MS = 10_000;
const { _HANDLER = 'functions.show', OTEL_TRACES_EXPORTER = 'console' } = process.env;
const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:orders';

/** @typedef {import('node:http').ServerResponse} Response */
/** @type {{ event: string, response: Response }[]} */
const waiting = [];
/** @type {Map<string, Response>} */
const running = new Map();
/** @type {Response | undefined} */
let idle; // a runtime that has asked for an event, and is frozen until there is one

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const [, id = '', outcome] =
    /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(request.url ?? '') ?? [];
  if (request.url === '/2018-06-01/runtime/invocation/next') idle = response;
  else if (/^\/2015-03-31\/functions\/[^/]+\/invocations$/.test(request.url ?? ''))
    waiting.push({ event: body, response });
  else if (outcome === undefined) return void response.writeHead(404).end();
  else {
    // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    running
      .get(id)
      ?.writeHead(200, outcome === 'error' ? { 'x-amz-function-error': 'Unhandled' } : {})
      .end(body);
    running.delete(id);
    response.writeHead(202).end();
  }
  hand();
}).listen(Number(process.env.PORT ?? 9000), '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

const environment = {
  ...process.env,
  _HANDLER,
  OTEL_TRACES_EXPORTER,
  AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
  AWS_LAMBDA_FUNCTION_NAME: 'orders',
};
const program = fileURLToPath(new URL('runtime.mjs', import.meta.url));
const runtime = spawn(process.execPath, [program], { env: environment, stdio: 'inherit' });
runtime.once('exit', (code) => process.exit(code ?? 0));
const event = _HANDLER === 'functions.show' ? 'http-api' : 'sqs';
console.log(`Try curl http://127.0.0.1:${port}/2015-03-31/functions/orders/invocations -d @events/${event}.json`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);

// Nothing of the function runs between two events: what it has not exported by then waits for the next one, or is lost.
function hand() {
  if (idle === undefined) return;
  const next = waiting.shift();
  if (next === undefined) return void runtime.kill('SIGSTOP');
  runtime.kill('SIGCONT');
  const id = randomUUID();
  running.set(id, next.response);
  idle.writeHead(200, {
    'lambda-runtime-aws-request-id': id,
    'lambda-runtime-deadline-ms': String(Date.now() + TIMEOUT_MS),
    'lambda-runtime-invoked-function-arn': arn,
  });
  idle.end(next.event);
  idle = undefined;
}

function stop() {
  runtime.kill('SIGCONT');
  runtime.kill('SIGKILL'); // as Lambda ends an environment
}
