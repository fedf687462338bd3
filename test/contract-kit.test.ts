import { httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startNodeHttp } from './node-http-subject.ts';

httpServerContract({ describe, it, name: 'bare node:http', start: startNodeHttp });
