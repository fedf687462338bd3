import { http2ServerContract, httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startNestOnExpress, startNestOnFastify, startNestOnHttp2 } from './nest-platforms.ts';

const skip = {
  'a target of an absolute form of nothing has a span without a route, and leaves the next request alone':
    'the router of Express shows a target without a path to no middleware',
};

httpServerContract({ describe, it, name: 'nestjs on express', start: startNestOnExpress, skip });
httpServerContract({ describe, it, name: 'nestjs on fastify', start: startNestOnFastify });
http2ServerContract({ describe, it, name: 'nestjs on fastify', start: startNestOnHttp2 });
