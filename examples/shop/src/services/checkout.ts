import 'reflect-metadata';
import { BadGatewayException, Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import { traceFields } from '@throughline/logs/pino';
import { TracingModule } from '@throughline/nestjs';
import { startTracing } from '@throughline/sdk';
import axios from 'axios';
import pino from 'pino';
import { announce } from './announce.ts';
import { openQueue } from './queue.ts';
import { sampling } from './sampling.ts';

const { INVENTORY_URL, PAYMENT_URL, PORT = '0' } = process.env;

startTracing({ serviceName: 'checkout', sampling });
const logger = pino({ name: 'checkout', mixin: traceFields() });
const fetch = tracedFetch();
const queue = await openQueue();
const payment = traceAxios(axios.create({ baseURL: PAYMENT_URL ?? '' }));

type Basket = { readonly productId: number; readonly cents: number };

@Controller()
class OrderController {
  @Get('health')
  health(): string {
    return 'ok';
  }

  @Post('orders')
  async order(@Body() basket: Basket): Promise<{ paymentId: string }> {
    const reserved = await fetch(`${INVENTORY_URL}/products/${basket.productId}/reservations`, { method: 'POST' });
    if (!reserved.ok) throw new BadGatewayException('the product could not be reserved');
    logger.info({ productId: basket.productId }, 'reserved');
    const paid = await pay(basket.cents);
    // The customer hears of it either way.
    await queue.send({ productId: basket.productId, text: 'id' in paid ? 'ordered' : 'payment failed' });
    if ('cause' in paid) {
      logger.error({ reason: String(paid.cause) }, 'payment failed');
      throw new BadGatewayException('the payment failed', paid);
    }
    logger.info({ paymentId: paid.id }, 'ordered');
    return { paymentId: paid.id };
  }
}

async function pay(cents: number): Promise<{ id: string } | { cause: unknown }> {
  try {
    return (await payment.post<{ id: string }>('/payments', { cents })).data;
  } catch (cause) {
    return { cause };
  }
}

@Module({
  imports: [TracingModule.forRoot({ ignore: (request) => request.url === '/health' })],
  controllers: [OrderController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
announce(await app.listen(Number(PORT), '127.0.0.1'));
