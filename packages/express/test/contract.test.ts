import { httpServerContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { startExpress } from './express-subject.ts';

const skip = {
  'a target of an absolute form of nothing has a span without a route, and leaves the next request alone':
    'the router of Express shows a target without a path to no middleware',
};

httpServerContract({ describe, it, name: 'express', start: startExpress, skip });
