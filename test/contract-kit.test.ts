import { http2ServerContract, httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startNodeHttp, startNodeHttp2 } from './node-http-subject.ts';

httpServerContract({ describe, it, name: 'bare node:http', start: startNodeHttp });
http2ServerContract({ describe, it, name: 'bare node:http2', start: startNodeHttp2 });
