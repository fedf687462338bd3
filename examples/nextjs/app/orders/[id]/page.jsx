import { tracedFetch } from '@throughline/clients/fetch';
import { notFound } from 'next/navigation';
import { logger } from '../../logger.mjs';

const fetch = tracedFetch();

export default async function Order({ params }) {
  const { id } = await params;
  const answer = await fetch(`${process.env.PRICES_URL}/${id}`, { cache: 'no-store' });
  logger.info({ status: answer.status }, 'order shown');
  if (!answer.ok) notFound();
  const { product, cents } = await answer.json();
  return (
    <p>
      {product}: {cents / 100} €
    </p>
  );
}
