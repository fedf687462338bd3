import { httpClientContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { createHttpClient } from './http-subject.ts';

const skip = {
  'a redirect is part of the call, and counted': '`node:http` follows no redirect',
};

httpClientContract({ describe, it, name: 'node:http', create: createHttpClient, skip });
