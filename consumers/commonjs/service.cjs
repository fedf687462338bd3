// A CommonJS application: every package comes in through `require`.
const { startTracing } = require('@throughline/sdk');
const { tracing } = require('@throughline/express');
const { traceFields } = require('@throughline/logs/pino');
const { tracedFetch } = require('@throughline/clients/fetch');
const { withSpan } = require('@throughline/core');
const express = require('express');
const pino = require('pino');

startTracing({ serviceName: 'consumer', endpoint: process.env.COLLECTOR });
const logger = pino({ mixin: traceFields() });
const fetch = tracedFetch();
const app = express();
app.use(tracing());
const router = express.Router();
router.get('/items/:id', async (request, response) => {
  await withSpan('look up', async () => logger.info('looking up an item'));
  const answer = await fetch(`http://127.0.0.1:${process.env.PORT_OF_PEER}/stock`);
  response.json({ id: request.params.id, stock: await answer.json() });
});
app.use('/shops/:shop', router);
// The SDK's provider would be half of the time that a start takes.
const loaded = new Set(Object.keys(require.cache).map((file) => /@opentelemetry[\\/]([^\\/]+)/.exec(file)?.[1]));
loaded.delete(undefined);
const expected = ['api', 'context-async-hooks'];
if ([...loaded].sort().join() !== expected.join()) throw new Error(`The start has loaded ${[...loaded]}.`);
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${server.address().port}\n`));
process.once('SIGTERM', () => server.close());
