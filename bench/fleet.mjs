// The processes of one framework: a server of each variant, all alive at once, the load generator, the sink and what the
// servers call. Servers on one core; all others on another, or on two.
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { VARIANTS } from './matrix.mjs';
import { ask, cpuTime, launch, nextMessage } from './measure.mjs';
import { launchServer } from './server-process.mjs';

const SERVERS_CORE = 1;
const LOAD_CORE = 0;
const SINK_CORE = cpus().length > 2 ? 2 : 0;

const LOOK_AGAIN_MS = 10;
const BUSY_NS = 0.05 * LOOK_AGAIN_MS * 1e6;
const MOST_LOOKS = 50;

export class Fleet {
  #children = [];
  servers = [];
  leftOut = {};

  static async start(framework, variants) {
    const fleet = new Fleet();
    try {
      await fleet.#start(framework, variants);
      return fleet;
    } catch (error) {
      fleet.stop();
      throw error;
    }
  }

  async #start(framework, variants) {
    const [sink, peer, load] = [
      this.#launch('./sink.mjs', [], { cpu: SINK_CORE }),
      this.#launch('./peer.mjs', [], { cpu: SINK_CORE }),
      this.#launch('./load.mjs', [], { cpu: LOAD_CORE }),
    ];
    this.load = load;
    await nextMessage(sink);
    const { port: peerPort } = await nextMessage(peer);
    for (const variant of variants) {
      const reason = VARIANTS[variant].leftOut?.(framework);
      if (reason) this.leftOut[variant] = reason;
      else this.servers.push(await this.#server(framework, variant, sink, peerPort));
    }
  }

  async #server(framework, variant, sink, peerPort) {
    const { port: sinkPort } = await ask(sink, { open: VARIANTS[variant].format ?? 'otlp' });
    const child = launchServer(framework, variant, { sinkPort, peerPort, cpu: SERVERS_CORE });
    this.#children.push(child);
    const { port } = await nextMessage(child);
    return {
      variant,
      ...VARIANTS[variant],
      child,
      port,
      exported: () => ask(sink, { count: sinkPort }),
      watch: () => ask(sink, { watch: sinkPort }),
      spans: async () => (await ask(sink, { spans: sinkPort })).spans,
      cpuTime: () => cpuTime(child.pid),
    };
  }

  /** Gives one server load and resolves with what came of it; a failed request is an error. */
  async turn(server, order) {
    const result = await ask(this.load, { port: server.port, connections: 64, ...order });
    if (result.failure !== undefined) throw new Error(`${server.variant}: ${result.failure}`);
    await this.#quiet(server);
    await server.exported(); // the collector does now what it has put off
    return result;
  }

  // What a server has put off is not to run beside the next one's turn. Some put off so much that they are never done.
  async #quiet(server) {
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const before = server.cpuTime();
      await delay(LOOK_AGAIN_MS);
      if (server.cpuTime() - before < BUSY_NS) return;
    }
  }

  stop() {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #launch(script, args, settings) {
    const child = launch(script, args, settings);
    this.#children.push(child);
    return child;
  }
}
