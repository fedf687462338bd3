// What is deployed: two functions, `functions.show` behind an HTTP API and `functions.bill` behind a queue.
import { withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import { tracedHandler } from '@throughline/serverless/lambda';
import pino from 'pino';

const { flush } = startTracing({ serviceName: 'orders' });
const logger = pino({ mixin: traceFields() });
const orders = new Map([['7', { product: 'teapot' }]]);

/** @param {{ pathParameters?: { id?: string } }} event */
async function showOrder(event) {
  const order = await withSpan('load order', async () => orders.get(event.pathParameters?.id ?? ''));
  logger.info({ found: order !== undefined }, 'order shown');
  return order === undefined
    ? { statusCode: 404, body: '{"error":"There is no such order."}' }
    : { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(order) };
}

// Those that fail come again, the others do not: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
/** @param {{ Records: { messageId: string, body: string }[] }} event */
async function billOrders({ Records: messages }) {
  const known = (/** @type {{ body: string }} */ { body }) => orders.has(JSON.parse(body).order);
  const failed = messages.filter((message) => !known(message));
  logger.info({ billed: messages.length - failed.length }, 'orders billed');
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

export const show = tracedHandler(showOrder, { flush });
export const bill = tracedHandler(billOrders, { flush });
