import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TracingModule } from '@throughline/nestjs';
import { expect, it } from 'vitest';

it('an application context without HTTP starts and stops', async () => {
  class AppModule {}
  Module({ imports: [TracingModule.forRoot()] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await app.close();
});

it('a wrong option is refused without HTTP too', async () => {
  class AppModule {}
  Module({ imports: [TracingModule.forRoot({ ignore: 'health' } as never)] })(AppModule);
  await expect(NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false })).rejects.toThrow(
    '[nestjs] Expected `ignore` to be a function, got the string "health".',
  );
});
