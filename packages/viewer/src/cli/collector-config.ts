import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CollectorConfigOptions, SamplingPolicy } from '@throughline/sampling';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { UsageError } from './exit-code.ts';

export const collectorConfigCommand: Command = {
  name: 'collector-config',
  usage: '<policy.json | policy.mjs>',
  summary: 'Write a sampling policy as configuration of OpenTelemetry Collectors',
  details:
    'The policy is what startTracing calls sampling, as JSON or as the default export of a module. It makes two\nconfigurations, of the Collectors that services send to and of those behind them, which decide.',
  options: {
    endpoint: { value: 'url', help: 'Where traces go in the end' },
    hostname: { value: 'name', help: 'The name of the deciding Collectors in DNS' },
    'spans-per-trace': { value: 'number', help: 'How many spans a trace has on average' },
    'traces-per-second': { value: 'number', help: 'How many traces begin in a second' },
    output: { value: 'directory', short: 'o', help: 'Write load-balancing.yaml and tail-sampling.yaml there' },
  },
  async run({ args }) {
    const [path, ...more] = args.positionals;
    if (path === undefined || more.length > 0) throw new UsageError('Expected the file of one policy.');
    const policy = await policyOf(path);
    const { collectorConfig } = await import('@throughline/sampling');
    const options = optionsOf(args);
    const config = asUsage(() => collectorConfig(policy, options));
    const files = { 'load-balancing.yaml': config.loadBalancing, 'tail-sampling.yaml': config.tailSampling };
    const output = args.text('output');
    if (output !== undefined) {
      await mkdir(output, { recursive: true });
      for (const [name, text] of Object.entries(files)) await writeFile(join(output, name), text);
    }
    return {
      json: config,
      lines:
        output === undefined
          ? Object.entries(files).flatMap(([name, text]) => ['---', `# ${name}`, text.trimEnd()])
          : Object.keys(files).map((name) => join(output, name)),
      remarks: config.remarks,
    };
  },
};

async function policyOf(path: string): Promise<SamplingPolicy> {
  try {
    if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'));
    const { default: policy } = await import(pathToFileURL(resolve(path)).href);
    if (policy !== undefined) return policy;
  } catch (error) {
    throw new UsageError(`Cannot read the policy in ${path}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  throw new UsageError(`Expected ${path} to have a policy as its default export.`);
}

function optionsOf(args: Arguments): CollectorConfigOptions {
  const given = {
    endpoint: args.text('endpoint'),
    hostname: args.text('hostname'),
    spansPerTrace: args.count('spans-per-trace'),
    tracesPerSecond: args.count('traces-per-second'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

// A policy that is wrong is the caller's to correct, and the message says how.
function asUsage<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`, { cause: error });
  }
}
