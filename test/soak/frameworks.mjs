import { once } from 'node:events';
import http from 'node:http';
import { Controller, Get, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { tracing as expressTracing } from '@throughline/express';
import { tracing as fastifyTracing } from '@throughline/fastify';
import { TracingModule } from '@throughline/nestjs';
import express from 'express';
import fastify from 'fastify';

/**
 * @typedef {object} Application
 * @property {(id: string) => Promise<object>} item
 * @property {() => Promise<never>} fail
 * @property {(request: http.IncomingMessage, response: http.ServerResponse) => Promise<void> | void} raw
 * @property {(request: http.IncomingMessage, socket: import('node:stream').Duplex) => void} upgrade
 * @property {number} listenOn a port, or 0
 */
/** @typedef {{ port: number, stop(): Promise<unknown> }} Server */

const RAW = ['slow', 'stream', 'broken', 'events', 'metrics'];

/** The same application on every framework. */
export const frameworks = {
  /** @param {Application} application @returns {Promise<Server>} */
  async express({ item, fail, raw, upgrade, listenOn }) {
    const app = express().set('env', 'test').use(expressTracing());
    app.get(['/items/:id', '/echo/:id'], async (request, response) => {
      response.json(await item(String(request.params.id)));
    });
    app.get('/fail', fail);
    for (const path of RAW) app.get(`/${path}`, raw);
    app.post('/upload', raw);
    const server = http.createServer(app).on('upgrade', upgrade).listen(listenOn, '127.0.0.1');
    await once(server, 'listening');
    return { port: portOf(server), stop: () => closed(server) };
  },

  /** @param {Application} application @returns {Promise<Server>} */
  async fastify({ item, fail, raw, upgrade, listenOn }) {
    const app = fastify();
    await app.register(fastifyTracing);
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const path of ['items', 'echo'])
      app.get(`/${path}/:id`, async (request) => item(/** @type {{ id: string }} */ (request.params).id));
    app.get('/fail', fail);
    for (const path of [...RAW, 'upload'])
      app.route({
        method: path === 'upload' ? 'POST' : 'GET',
        url: `/${path}`,
        handler: async (request, reply) => {
          reply.hijack();
          // Nobody hears of what goes wrong after that.
          await Promise.resolve(raw(request.raw, reply.raw)).catch(() => reply.raw.destroy());
        },
      });
    app.server.on('upgrade', upgrade);
    await app.listen({ port: listenOn, host: '127.0.0.1' });
    return { port: portOf(app.server), stop: () => app.close() };
  },

  /** @param {Application} application @returns {Promise<Server>} */
  async nestjs({ item, fail, raw, upgrade, listenOn }) {
    // Decorators are applied by hand, as a compiler would.
    class Items {}
    /** @param {string} name @param {MethodDecorator} decorator @param {(request: express.Request, response: express.Response) => unknown} handle */
    const route = (name, decorator, handle) => {
      Object.defineProperty(Items.prototype, name, { value: handle, writable: true, configurable: true });
      decorator(
        Items.prototype,
        name,
        /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Items.prototype, name)),
      );
      for (const [index, parameter] of [Req(), Res()].entries()) parameter(Items.prototype, name, index);
    };
    route('item', Get(['items/:id', 'echo/:id']), async (request, response) =>
      response.json(await item(String(request.params.id))),
    );
    route('fail', Get('fail'), fail);
    // Where a handler is, is noted on the function itself: each needs one of its own.
    for (const path of RAW) route(path, Get(path), (request, response) => raw(request, response));
    route('upload', Post('upload'), (request, response) => raw(request, response));
    Controller()(Items);
    class Soaked {}
    Module({ imports: [TracingModule.forRoot()], controllers: [Items] })(Soaked);
    const app = await NestFactory.create(Soaked, { logger: false, abortOnError: false });
    app.getHttpServer().on('upgrade', upgrade);
    await app.listen(listenOn, '127.0.0.1');
    return { port: portOf(app.getHttpServer()), stop: () => app.close() };
  },
};

/** @param {http.Server} server */
function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/** @param {http.Server} server */
function closed(server) {
  server.closeIdleConnections();
  return new Promise((resolve) => server.close(resolve));
}
