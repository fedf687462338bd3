import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { traceAxios } from '@throughline/clients/axios';
import { tracedFetch } from '@throughline/clients/fetch';
import { tracedHttp } from '@throughline/clients/http';
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

it('`node:http` works, and adds nothing, when no SDK is registered', async () => {
  const url = await startEcho();
  const [untraced] = (await once(http.get(url), 'response')) as [IncomingMessage];
  const [traced] = (await once(tracedHttp().get(url), 'response')) as [IncomingMessage];
  expect(await json(traced)).toEqual(await json(untraced));
});
