import { messageContract } from '@throughline/testkit';
import { it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { startBullmq } from './bullmq-subject.ts';

let url: string;
messageContract({
  describe: (title, define) =>
    describeWithService('redis', title, (service) => {
      url = service;
      define();
    }),
  it,
  name: 'bullmq',
  start: (options) => startBullmq(url, options),
  skip: {
    'a batch is handled in one CONSUMER span, a root with a link for each message': 'Workers handle one job at a time.',
  },
});
