import 'reflect-metadata';
import { type CanActivate, Controller, Module, ParseIntPipe, UseFilters, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BaseRpcExceptionFilter,
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  RpcException,
} from '@nestjs/microservices';
import { context, propagation, trace } from '@opentelemetry/api';
import { logFields } from '@throughline/core';
import { TracingModule } from '@throughline/nestjs';
import { firstValueFrom, interval, map, of, Subject, take, throwError } from 'rxjs';
import { freeTcpPort } from './free-tcp-port.ts';

const activeSpan = (): string => trace.getSpanContext(context.active())?.spanId ?? 'none';
/** What handlers of events saw. */
export const seen = new Subject<unknown>();

class BrokenGuard implements CanActivate {
  canActivate(): boolean {
    throw new RangeError(`broken guard ${activeSpan()}`);
  }
}

/** Handlers of messages of every kind. */
@Controller()
export class SumController {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((total, n) => total + n, 0);
  }

  @MessagePattern({ cmd: 'where', v: 1 })
  async where(): Promise<object> {
    await new Promise((resolve) => setImmediate(resolve));
    const tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    return { ...logFields(), ...(tenant !== undefined && { tenant }) };
  }

  @MessagePattern(['first', 'second'])
  either(): string {
    return 'either';
  }

  @MessagePattern('stream')
  stream() {
    return interval(1).pipe(
      take(3),
      map(() => activeSpan()),
    );
  }

  @MessagePattern('broken stream')
  brokenStream() {
    return throwError(() => new RangeError('broken stream'));
  }

  @MessagePattern('broken')
  broken(): never {
    throw new RangeError('broken');
  }

  @MessagePattern('refused')
  refused(): never {
    throw new RpcException('refused');
  }

  @MessagePattern('text')
  text(): never {
    throw 'just text';
  }

  @MessagePattern('guarded')
  @UseGuards(BrokenGuard)
  @UseFilters(BaseRpcExceptionFilter)
  guarded(): void {}

  @MessagePattern('piped')
  piped(@Payload(ParseIntPipe) n: number): number {
    return n;
  }

  @EventPattern('happened')
  happened(data: unknown): void {
    seen.next([data, activeSpan()]);
  }

  @EventPattern('went wrong')
  async wentWrong(_data: unknown): Promise<void> {
    throw new RangeError('went wrong');
  }

  @EventPattern('many')
  many(_data: unknown) {
    return of(1, 2, 3);
  }
}

/** Runs a microservice over TCP and a client of it. */
export async function withService(
  use: (client: ClientProxy) => Promise<void>,
  imports = [TracingModule.forRoot()],
): Promise<void> {
  const options = await freeTcpPort();
  class ServiceModule {}
  Module({ imports, controllers: [SumController] })(ServiceModule);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(ServiceModule, {
    ...options,
    logger: false,
    abortOnError: false,
  });
  await app.listen();
  const client = ClientProxyFactory.create(options);
  try {
    await use(client);
  } finally {
    client.close();
    await app.close();
  }
}

/** Sends a request and waits for its one answer. */
export function answer(client: ClientProxy, pattern: unknown, data: unknown = {}): Promise<unknown> {
  return firstValueFrom(client.send(pattern, data));
}
