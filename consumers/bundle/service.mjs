// The Express service of these stories, as an ES module; it is bundled into one file and run where no packages are.
import { tracedFetch } from '@throughline/clients/fetch';
import { withSpan } from '@throughline/core';
import { tracing } from '@throughline/express';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import express from 'express';
import { pino } from 'pino';

const { COLLECTOR: endpoint, OWN_PROCESSOR } = process.env;
const nothing = async () => {};
// With a processor of the application's, spans are those of OpenTelemetry's SDK, which is loaded late.
const ownProcessor = { onStart() {}, onEnd() {}, forceFlush: nothing, shutdown: nothing };
startTracing({
  serviceName: 'consumer',
  endpoint,
  ...(OWN_PROCESSOR !== undefined && { spanProcessors: [ownProcessor] }),
});
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
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${server.address().port}\n`));
process.once('SIGTERM', () => server.close());
