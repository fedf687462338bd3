import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { tracedFetch } from '@throughline/clients/fetch';
import { withSpan } from '@throughline/core';
import { traceFields } from '@throughline/logs/pino';
import { TracingModule } from '@throughline/nestjs';
import { startTracing } from '@throughline/sdk';
import pino from 'pino';

const { COLLECTOR = '', PORT_OF_PEER = '' } = process.env;
startTracing({ serviceName: 'consumer', endpoint: COLLECTOR });
const logger = pino({ mixin: traceFields() });
const fetch = tracedFetch();

@Controller('shops/:shop')
class ItemController {
  @Get('items/:id')
  async item(@Param('id') id: string) {
    await withSpan('look up', async () => logger.info('looking up an item'));
    const answer = await fetch(`http://127.0.0.1:${PORT_OF_PEER}/stock`);
    return { id, stock: await answer.json() };
  }
}

@Module({ imports: [TracingModule.forRoot()], controllers: [ItemController] })
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  process.stdout.write(`listening on ${new URL(await app.getUrl()).port}\n`);
}
void start();
