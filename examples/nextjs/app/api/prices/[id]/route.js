import { logger } from '../../../logger.mjs';

const prices = { 7: { product: 'teapot', cents: 1999 } };

export async function GET(_request, { params }) {
  const { id } = await params;
  if (id === 'broken') throw new Error('The price list is broken.');
  logger.info({ id }, 'price looked up');
  return id in prices
    ? Response.json(prices[id])
    : Response.json({ error: 'There is no such price.' }, { status: 404 });
}
