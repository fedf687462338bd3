// POST /test takes a JSON list of { url, arguments } and posts the `arguments` of each to its `url`.
import 'reflect-metadata';
import { once } from 'node:events';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import { tracing as expressTracing } from '@throughline/express';
import { tracing as fastifyTracing } from '@throughline/fastify';
import { TracingModule } from '@throughline/nestjs';
import axios from 'axios';
import express from 'express';
import fastify from 'fastify';

/**
 * @typedef {(url: string, body: unknown) => Promise<void>} Poster
 * @typedef {{ url: string, close(): Promise<void> }} Service
 * @typedef {{ url: string, arguments: unknown }[]} Orders
 */

/** Posts JSON with one of the traced clients. @type {Record<string, () => Poster>} */
export const CLIENTS = {
  fetch() {
    const fetch = tracedFetch();
    return async (url, body) => {
      const headers = { 'content-type': 'application/json' };
      await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).text();
    };
  },
  axios() {
    const client = traceAxios(axios.create());
    return async (url, body) => void (await client.post(url, body));
  },
};

/** Starts a service on one of the traced frameworks. @type {Record<string, (post: Poster, port: number) => Promise<Service>>} */
export const FRAMEWORKS = {
  async express(post, port) {
    const app = express();
    app.use(expressTracing(), express.json());
    app.post('/test', async (request, response) => {
      response.json(await carryOut(request.body, post));
    });
    const server = app.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const close = async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    };
    return { url: urlOf(server), close };
  },

  async fastify(post, port) {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyTracing);
    app.post('/test', (request) => carryOut(/** @type {Orders} */ (request.body), post));
    await app.listen({ port, host: '127.0.0.1' });
    return { url: urlOf(app.server), close: () => app.close() };
  },

  async nestjs(post, port) {
    class TestController {
      /** @param {Orders} orders */
      test(orders) {
        return carryOut(orders, post);
      }
    }
    // Decorators by hand: this file runs without a compiler.
    const test = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(TestController.prototype, 'test'));
    Post('test')(TestController.prototype, 'test', test);
    HttpCode(200)(TestController.prototype, 'test', test);
    Body()(TestController.prototype, 'test', 0);
    Controller()(TestController);
    class AppModule {}
    Module({ imports: [TracingModule.forRoot()], controllers: [TestController] })(AppModule);

    const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
    await app.listen(port, '127.0.0.1');
    return { url: await app.getUrl(), close: () => app.close() };
  },
};

/**
 * Starts the service; port 0 takes a free one.
 * @param {string} framework
 * @param {string} client
 * @param {number} port
 */
export async function startService(framework, client, port) {
  const start = FRAMEWORKS[framework];
  const makePoster = CLIENTS[client];
  if (start === undefined || makePoster === undefined)
    throw new TypeError(`No service on ${framework} with ${client}.`);
  return start(makePoster(), port);
}

/**
 * @param {Orders} orders
 * @param {Poster} post
 */
async function carryOut(orders, post) {
  for (const { url, arguments: body } of orders) await post(url, body);
  return { posted: orders.length };
}

/** @param {import('node:http').Server} server */
function urlOf(server) {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://127.0.0.1:${address.port}`;
}
