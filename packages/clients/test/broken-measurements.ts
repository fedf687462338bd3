import { channel } from 'node:diagnostics_channel';
import type { ClientSubjectOptions, TracedClient } from '@throughline/testkit';
import type { BrokenClient } from './broken-clients.ts';
import { createFetchClient } from './fetch-subject.ts';

type Published = { readonly errorType: string | undefined; readonly durationMs: number };

/** Clients that are wrong about what they publish for those who count and time. */
export const brokenMeasurements: Readonly<Record<string, BrokenClient>> = {
  'measures nothing': {
    rejectedBy: 'a call is measured once, with its target, status, duration and size',
    create: (options) => publishing(options, () => []),
  },
  'measures a call twice': {
    rejectedBy: 'a call is measured once, with its target, status, duration and size',
    create: (options) => publishing(options, (call) => [call, call]),
  },
  'measures no time': {
    rejectedBy: 'a call is measured once, with its target, status, duration and size',
    create: (options) => publishing(options, (call) => [{ ...call, durationMs: 0 }]),
  },
  'measures a refused connection as a success': {
    rejectedBy: 'a call that is answered with an error, or not at all, is measured with its type',
    create: (options) =>
      publishing(options, (call) => [{ ...call, errorType: call.errorType === '503' ? '503' : undefined }]),
  },
  'measures a call given up as a success': {
    rejectedBy: 'a call that its caller gives up is measured as cancelled',
    create: (options) => publishing(options, (call) => [{ ...call, errorType: undefined }]),
  },
};

function publishing(options: ClientSubjectOptions, change: (call: Published) => readonly Published[]): TracedClient {
  const calls = channel('throughline:http.client.request.end');
  const { publish } = calls;
  calls.publish = (message) => {
    for (const changed of change(message as Published)) publish.call(calls, changed);
  };
  return {
    ...createFetchClient(options),
    close() {
      calls.publish = publish;
    },
  };
}
