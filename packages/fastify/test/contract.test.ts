import { http2ServerContract, httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startFastifyApplication, startFastifyOnHttp2 } from './fastify-application.ts';

httpServerContract({ describe, it, name: 'fastify', start: startFastifyApplication });
http2ServerContract({ describe, it, name: 'fastify', start: startFastifyOnHttp2 });
