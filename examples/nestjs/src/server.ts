// Start with `pnpm start`, open the address it prints, and see the trace of your request in the terminal.
import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { tracedFetch } from '@throughline/clients/fetch';
import { withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { TracingModule } from '@throughline/nestjs';
import { startTracing } from '@throughline/sdk';
import pino from 'pino';

startTracing({ serviceName: 'orders', exporter: 'console' });
const logger = pino({ mixin: traceFields() });
const fetch = tracedFetch();

@Controller()
class OrderController {
  @Get('prices/:id')
  price(@Param('id') product: string) {
    logger.info({ product }, 'price looked up');
    return { cents: 1999 };
  }

  @Get('orders/:id')
  async order(@Param('id') id: string) {
    const product = await withSpan('load order', { attributes: { 'order.id': id } }, () => delay(5, 'teapot'));
    const price = await fetch(`${await app.getUrl()}/prices/${product}`);
    logger.info({ order: id }, 'order shown');
    return { product, price: await price.json() };
  }
}

@Module({ imports: [TracingModule.forRoot()], controllers: [OrderController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
console.log(`Try ${await app.getUrl()}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());
