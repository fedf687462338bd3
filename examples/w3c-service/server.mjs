// The service that the W3C Trace Context harness (github.com/w3c/trace-context, folder "test") wants to call.
import './tracing.mjs';
import { CLIENTS, FRAMEWORKS, startService } from './service.mjs';

const [framework = '', client = '', port = ''] = process.argv.slice(2);

if (!Object.hasOwn(FRAMEWORKS, framework) || !Object.hasOwn(CLIENTS, client) || !/^\d{1,5}$/.test(port)) {
  const [frameworks, clients] = [FRAMEWORKS, CLIENTS].map((choices) => Object.keys(choices).join('|'));
  console.error(`Usage: node examples/w3c-service/server.mjs <${frameworks}> <${clients}> <port>`);
  process.exit(2);
}

const service = await startService(framework, client, Number(port));
console.log(`${framework} with ${client} listens on ${service.url}/test`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void service.close());
