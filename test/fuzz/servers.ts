import { startExpress } from '../../packages/express/test/express-subject.ts';
import { startFastifyApplication, startFastifyOnHttp2 } from '../../packages/fastify/test/fastify-application.ts';
import { startNestOnExpress, startNestOnFastify, startNestOnHttp2 } from '../../packages/nestjs/test/nest-platforms.ts';
import { startNodeHttp, startNodeHttp2 } from '../node-http-subject.ts';
import type { FuzzedSubject } from './server-run.ts';

/** A server of each adapter. */
export const fuzzedSubjects: readonly FuzzedSubject[] = [
  { name: 'bare node:http', start: startNodeHttp },
  { name: 'express', start: startExpress },
  { name: 'fastify', start: startFastifyApplication },
  { name: 'nestjs on express', start: startNestOnExpress },
  { name: 'nestjs on fastify', start: startNestOnFastify },
  { name: 'bare node:http2', protocol: 'HTTP/2', start: startNodeHttp2 },
  { name: 'fastify over HTTP/2', protocol: 'HTTP/2', start: startFastifyOnHttp2 },
  { name: 'nestjs over HTTP/2', protocol: 'HTTP/2', start: startNestOnHttp2 },
];
