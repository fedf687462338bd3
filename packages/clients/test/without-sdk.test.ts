import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import axios from 'axios';
import { expect, it } from 'vitest';
import { type Echo, startEcho } from './echo-service.ts';

it('fetch works, and adds nothing, when no SDK is registered', async () => {
  const url = await startEcho();
  const untraced = await (await fetch(url)).json();
  expect(await (await tracedFetch()(url)).json()).toEqual(untraced);
});

it('axios works, and adds nothing, when no SDK is registered', async () => {
  const url = await startEcho();
  const untraced = await axios.create().get<Echo>(url);
  const traced = await traceAxios(axios.create()).get<Echo>(url);
  expect(traced.data).toEqual(untraced.data);
});
