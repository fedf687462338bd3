// One server under load: `node bench/server.mjs <framework> <variant>`, with SINK and PEER in the environment.
const [framework, variant] = process.argv.slice(2);
// The variant comes first: tracers that patch must be there before the framework.
const { setup = () => ({}) } = await import(`./variants/${variant}.mjs`);
const tools = await setup(framework);
const { start } = await import(`./frameworks/${framework}.mjs`);
process.once('SIGINT', () => process.exit(0));
const port = await start(tools);
process.send({ port });
process.on('message', () => process.send({ memory: process.memoryUsage() }));
