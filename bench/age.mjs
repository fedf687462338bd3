import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const COLLECTIONS = 4; // V8 forgets a shape at the third that finds no object of it

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/**
 * Makes this process one that has been up for a while: full collections with no request under way, as every server has
 * some. What V8 knows of objects that were all gone is lost with them.
 */
export async function age() {
  for (let done = 0; done < COLLECTIONS; done += 1) {
    await delay(10);
    await collect({ execution: 'async' });
  }
}
