import { httpClientContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { createAxiosClient } from './axios-subject.ts';

httpClientContract({ describe, it, name: 'axios', create: (options) => createAxiosClient(options) });
httpClientContract({
  describe,
  it,
  name: 'axios on fetch',
  create: (options) => createAxiosClient(options, { adapter: 'fetch' }),
});
