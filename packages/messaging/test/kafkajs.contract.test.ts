import { messageContract } from '@throughline/testkit';
import { it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { startKafkajs } from './kafkajs-subject.ts';

let broker: string;
messageContract({
  describe: (title, define) =>
    describeWithService('kafka', title, (service) => {
      broker = service;
      define();
    }),
  it,
  name: 'kafkajs',
  start: (options) => startKafkajs(broker, options),
  skip: {
    'a request and its answer stay in one trace': 'The broker has no requests.',
  },
});
