import { httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startExpress } from './express-subject.ts';

httpServerContract({ describe, it, name: 'express', start: startExpress });
