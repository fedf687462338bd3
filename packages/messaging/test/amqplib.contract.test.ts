import { messageContract } from '@throughline/testkit';
import { it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { startAmqplib } from './amqplib-subject.ts';

let url: string;
messageContract({
  describe: (title, define) =>
    describeWithService('rabbitmq', title, (service) => {
      url = service;
      define();
    }),
  it,
  name: 'amqplib',
  start: (options) => startAmqplib(url, options),
  skip: {
    'the CONSUMER span says what its handler threw or rejected with, whatever that is':
      'amqplib has no use for what a handler throws: it is to be caught in there, and the message nacked.',
    'a message whose body is null carries the trace too': 'The broker has no message without a body.',
    'messages sent at once have one PRODUCER span, which says how many they are':
      'The broker takes one message at a time.',
    'a batch is handled in one CONSUMER span, a root with a link for each message':
      'The broker delivers one message at a time.',
  },
});
