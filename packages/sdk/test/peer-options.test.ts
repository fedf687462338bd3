import { expect, it } from 'vitest';
import { bundle } from './process.ts';

it.each([
  [{ peers: { secret: 'x'.repeat(16) } }, '`sampling.peers` needs `sampling.keep`'],
  [{ keep: {}, peers: { secret: process.env.THROUGHLINE_SECRET_THAT_NOBODY_HAS_SET } }, '`peers.secret` is missing'],
  [{ keep: {}, peers: { secrets: 'x'.repeat(16) } }, 'no option `peers.secrets`. Use one of `peers.secret`,'],
  [{ keep: {}, peers: { secret: 'short' } }, '`peers.secret` to be a text of at least 16 characters'],
  [{ keep: {}, peers: 'secret' }, '`sampling.peers` to be an object'],
])('refuses %j, and says what is valid', async (sampling, message) => {
  const script = await bundle('ending');
  const { code, stderr } = await script.run(['idle', 'http://127.0.0.1:9', '1000', JSON.stringify(sampling)]).ended;
  script.remove();
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});
