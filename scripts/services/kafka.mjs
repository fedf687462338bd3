import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { archivesFolder, fetchArchives } from './maven.mjs';
import { accepts, makeDirectory, startServer } from './process.mjs';

// The last line whose broker runs on Java 17, which Debian 12 brings.
const VERSION = '4.1.2';

/** One Kafka broker that is its own controller (KRaft). */
/** @type {import('../services.mjs').Service} */
export const kafka = {
  name: 'kafka',
  debian: ['openjdk-17-jre-headless', 'maven'],
  isInstalled: () => existsSync(archivesFolder('kafka_2.13', VERSION)) && spawnSync('java', ['-version']).status === 0,
  install: () =>
    fetchArchives({ group: 'org.apache.kafka', artifact: 'kafka_2.13', version: VERSION, transitive: true }),
  async start(directory) {
    const [port, controller] = [await freePort(), await freePort()];
    makeDirectory(directory, undefined);
    const properties = join(directory, 'server.properties');
    writeFileSync(
      properties,
      `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
log.dirs=${join(directory, 'data')}
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
`,
    );
    const java = ['-Xmx512m', '-XX:+UseSerialGC', '-cp', join(archivesFolder('kafka_2.13', VERSION), '*')];
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'c2VydmljZXMtb2YtdGVzdA', '-c', properties];
    const formatted = spawnSync('java', [...java, ...format], { encoding: 'utf8' });
    if (formatted.status !== 0) throw new Error(formatted.stderr || formatted.stdout);
    await startServer('java', [...java, 'kafka.Kafka', properties], { directory, isReady: () => accepts(port) });
    return { THROUGHLINE_TEST_KAFKA_URL: `127.0.0.1:${port}` };
  },
};
