// Start with `pnpm start` and run the command it prints. NestJS has this built in: see the README of @throughline/nestjs.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import { traced } from '@throughline/core';
import { tracing } from '@throughline/express';
import { startTracing } from '@throughline/sdk';
import express from 'express';
import { buildSchema, getOperationAST } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/express';

startTracing({ serviceName: 'catalogue', exporter: 'console' });

const schema = buildSchema('type Query { product(id: ID!): Product } type Product { name: String, cents: Int }');
const rootValue = {
  // A span for what takes time, not for every field.
  product: traced('load product', async (/** @type {{ id: string }} */ { id }) => {
    if (id === '0') throw new Error('There is no product 0.');
    await delay(5);
    return { name: 'teapot', cents: 1999 };
  }),
};

const app = express();
app.use(tracing());
app.all(
  '/graphql',
  createHandler({
    schema,
    rootValue,
    // The span stays `POST /graphql`; what was asked is in its attributes, with the names of the conventions.
    onOperation(_request, { document }) {
      const operation = getOperationAST(document);
      trace.getActiveSpan()?.setAttributes({
        'graphql.operation.type': operation?.operation ?? '',
        'graphql.operation.name': operation?.name?.value.slice(0, 100) ?? '',
      });
    },
  }),
);

const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const query = JSON.stringify({ query: 'query Shelf { product(id: "7") { name cents } }' });
console.log(`Try curl http://localhost:${port}/graphql -H content-type:application/json -d '${query}'`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close());
