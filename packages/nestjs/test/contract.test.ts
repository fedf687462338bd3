import { http2ServerContract, httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startNestOnExpress, startNestOnFastify, startNestOnHttp2 } from './nest-platforms.ts';

const skip = {
  'without a context manager, an exchange that failed is measured with the type of what was thrown':
    'Nest asks a filter for its type without the request: whose failure it is, the context says',
};
const skipOnExpress = {
  ...skip,
  'a target of an absolute form of nothing has a span without a route, and leaves the next request alone':
    'the router of Express shows a target without a path to no middleware',
};

httpServerContract({ describe, it, name: 'nestjs on express', start: startNestOnExpress, skip: skipOnExpress });
httpServerContract({ describe, it, name: 'nestjs on fastify', start: startNestOnFastify, skip });
http2ServerContract({ describe, it, name: 'nestjs on fastify', start: startNestOnHttp2 });
