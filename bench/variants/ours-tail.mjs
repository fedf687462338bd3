// One trace in a hundred, and whole every one that fails or takes longer than a second.
import { ours } from './ours.mjs';

export const setup = (framework) => ours(framework, { sampling: { ratio: 0.01, keep: { slowerThan: '1s' } } });
