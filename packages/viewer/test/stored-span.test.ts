import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { fileForTest } from './file-for-test.ts';
import { nextId, ORIGIN, span } from './spans.ts';

it('has all of a span when the store it was read from is closed, and its memory used for other things', async () => {
  const store = await openDuckDbStore({ file: fileForTest(), maxBytes: 2 ** 30, maxAge: 1e12 });
  const traceId = nextId(32);
  const sent = Array.from({ length: 5000 }, (_, index) =>
    span({
      traceId,
      name: `a name that is longer than others ${index}`,
      statusMessage: `a message that is longer than others ${index}`,
      attributes: { text: 'x'.repeat(index % 300), number: index },
      events: [{ name: `event ${index}`, timeUnixNano: ORIGIN + BigInt(index), attributes: { index } }],
      links: index % 3 === 0 ? [{ traceId, spanId: nextId(16), attributes: { index } }] : [],
    }),
  );
  await store.append({ spans: sent, logs: [], bytes: 1 });
  const read = new Map((await store.getTrace(traceId))?.map((found) => [found.spanId, found]));
  const others = sent.map((own, index) => ({ ...own, traceId: nextId(32), name: `${index}`.repeat(20) }));
  await store.append({ spans: others, logs: [], bytes: 1 });
  expect((await store.spans({ filter: { is: 'span', filter: { is: 'all' } } }, 20_000)).length).toBe(10_000);
  await store.close();
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  expect(read.size).toBe(sent.length);
  for (const { spanId, name, statusMessage, attributes, events, links } of sent) {
    const found = read.get(spanId);
    expect([found?.name, found?.statusMessage, found?.attributes, found?.events, found?.links]).toEqual([
      name,
      statusMessage,
      attributes,
      events,
      links,
    ]);
  }
});
