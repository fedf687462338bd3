// A process that dies of an uncaught error with spans that it has not exported.
const { startTracing } = await import(new URL('../../packages/sdk/dist/index.js', import.meta.url).href);
const [, , crashSpool = ''] = process.argv;
const { tracerProvider } = startTracing({ endpoint: 'http://127.0.0.1:9', ...(crashSpool !== '' && { crashSpool }) });
const tracer = tracerProvider.getTracer('chaos');
for (let n = 0; n < 1000; n += 1) tracer.startSpan('work', { attributes: { text: 'x'.repeat(100) } }).end();
console.log('started');
throw new RangeError('on purpose');
