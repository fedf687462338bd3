import { VARIANTS } from './matrix.mjs';
import { launch } from './measure.mjs';

/** Starts the server of a framework with a variant, as the variant's documentation starts a process. */
export function launchServer(framework, variant, { sinkPort, peerPort, cpu, under }) {
  const { module = variant, execArgv, env } = VARIANTS[variant];
  const origin = `http://127.0.0.1:${sinkPort}`;
  return launch('./server.mjs', [framework, module], {
    env: { SINK: `${origin}/v1/traces`, PEER: `http://127.0.0.1:${peerPort}/`, ...env?.(origin) },
    cpu,
    execArgv,
    under,
  });
}
