import { messageContract } from '@throughline/testkit';
import * as nats2 from 'nats';
import { it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { startNats } from './nats-subject.ts';

const skip = {
  'a message that is delivered again has a span for each delivery, and the second says so':
    'NATS delivers at most once.',
  'a message whose body is null carries the trace too': 'The broker has no message without a body.',
  'messages sent at once have one PRODUCER span, which says how many they are':
    'The broker takes one message at a time.',
  'a batch is handled in one CONSUMER span, a root with a link for each message':
    'The broker delivers one message at a time.',
};

let url: string;
const describe = (title: string, define: () => void): void =>
  describeWithService('nats', title, (service) => {
    url = service;
    define();
  });

messageContract({ describe, it, name: 'nats', start: (options) => startNats(url, options), skip });

// Its types are others, its connection works the same.
const version2 = nats2 as never;
messageContract({ describe, it, name: 'nats 2', start: (options) => startNats(url, options, version2), skip });
