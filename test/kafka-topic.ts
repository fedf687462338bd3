import { setTimeout as pause } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';

const NOT_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];

/** Creates a topic with one partition, and waits until the broker serves it. */
export async function createKafkaTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  // Not `waitForLeaders`, which gives up where a busy broker does not know yet what it has created.
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
  while (!(await isServed())) await pause(50);
  await admin.disconnect();

  async function isServed(): Promise<boolean> {
    try {
      await admin.fetchTopicMetadata({ topics: [topic] });
      return true;
    } catch (error) {
      if (NOT_YET.includes(String((error as { type?: unknown }).type))) return false;
      throw error;
    }
  }
}
