import { httpClientContract } from '@throughline/testkit';
import { describe, it } from 'vitest';
import { createFetchClient } from './fetch-subject.ts';

httpClientContract({ describe, it, name: 'fetch', create: createFetchClient });
