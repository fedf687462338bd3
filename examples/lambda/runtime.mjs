// What runs a function inside Lambda: takes an event, calls the handler, hands in its result, again and again.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { once } from 'node:events';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';

const { AWS_LAMBDA_RUNTIME_API: host, _HANDLER: name = '', AWS_LAMBDA_FUNCTION_NAME: functionName } = process.env;
const api = `http://${host}/2018-06-01/runtime/invocation`;
const [file, exported = ''] = name.split('.');
const handler = (await import(new URL(`${file}.mjs`, import.meta.url).href))[exported];

for (;;) {
  const [next] = await once(get(`${api}/next`), 'response'); // not `fetch`, which does not wait for hours
  const id = next.headers['lambda-runtime-aws-request-id'];
  const deadline = Number(next.headers['lambda-runtime-deadline-ms']);
  const context = {
    awsRequestId: id,
    functionName,
    invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    await post(`${id}/response`, (await handler(await json(next), context)) ?? null);
  } catch (thrown) {
    const { name: errorType, message: errorMessage } = thrown instanceof Error ? thrown : new Error(String(thrown));
    await post(`${id}/error`, { errorType, errorMessage });
  }
}

/** @param {string} path @param {unknown} body */
async function post(path, body) {
  await fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(body) });
}
