// Start with `pnpm start`, open the address it prints, and see the span that OpenTelemetry's own exporter writes.
import { once } from 'node:events';
import { BatchSpanProcessor, ConsoleSpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { tracing } from '@throughline/express';
import express from 'express';

// What was there before, and stays as it is.
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new ConsoleSpanExporter())] });
provider.register();

const app = express();
app.use(tracing()); // all that is new
app.get('/orders/:id', (request, response) => {
  response.json({ order: request.params.id });
});

const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
console.log(`Try http://localhost:${port}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => provider.shutdown()));
