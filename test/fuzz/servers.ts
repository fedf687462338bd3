import type { ServerSubject } from '@throughline/testkit';
import { startExpress } from '../../packages/express/test/express-subject.ts';
import { startFastifyApplication } from '../../packages/fastify/test/fastify-application.ts';
import { startNestOnExpress, startNestOnFastify } from '../../packages/nestjs/test/nest-platforms.ts';
import { startNodeHttp } from '../node-http-subject.ts';

/** A server of each adapter. */
export const fuzzedSubjects: readonly ServerSubject[] = [
  { name: 'bare node:http', start: startNodeHttp },
  { name: 'express', start: startExpress },
  { name: 'fastify', start: startFastifyApplication },
  { name: 'nestjs on express', start: startNestOnExpress },
  { name: 'nestjs on fastify', start: startNestOnFastify },
];
