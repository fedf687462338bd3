import { httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startKoa } from './koa-subject.ts';

httpServerContract({ describe, it, name: 'koa', start: startKoa });
