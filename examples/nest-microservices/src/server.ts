// Start with `pnpm start` and open the address it prints. Gateway and microservice are in one process here only to be started by
// one command: nothing but TCP is between them.
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { TracingModule, traceClientProxy } from '@throughline/nestjs';
import { startTracing } from '@throughline/sdk';
import { firstValueFrom } from 'rxjs';

startTracing({ serviceName: 'shop', exporter: 'console' });
const options = { host: '127.0.0.1', port: Number(process.env.PRICES_PORT ?? 3001) };
const prices = traceClientProxy(ClientProxyFactory.create({ transport: Transport.TCP, options }));

@Controller('orders')
class OrderController {
  @Get(':id')
  async order(@Param('id') id: string) {
    return { order: id, price: await firstValueFrom(prices.send('price', { product: 'teapot' })) };
  }
}

@Controller()
class PriceController {
  @MessagePattern('price')
  price(@Payload() { product }: { product: string }) {
    return { product, cents: 1999 };
  }
}

@Module({ imports: [TracingModule.forRoot()], controllers: [OrderController] })
class GatewayModule {}

@Module({ imports: [TracingModule.forRoot()], controllers: [PriceController] })
class PriceModule {}

const logger: ('error' | 'warn')[] = ['error', 'warn'];
const pricing = await NestFactory.createMicroservice<MicroserviceOptions>(PriceModule, {
  transport: Transport.TCP,
  options,
  logger,
});
await pricing.listen();
const gateway = await NestFactory.create(GatewayModule, { logger });
await gateway.listen(process.env.PORT ?? 3000, '127.0.0.1');
console.log(`Try ${await gateway.getUrl()}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await gateway.close();
    await prices.close();
    await pricing.close();
  });
}
