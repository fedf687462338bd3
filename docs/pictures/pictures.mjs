import { drawAnalysisGrowth } from './analysis-growth.mjs';
import { drawLoad } from './load.mjs';
import { drawRequestCost } from './request-cost.mjs';
import { drawWhatIsKept } from './what-is-kept.mjs';
import { drawWholeTraces } from './whole-traces.mjs';

/** All pictures of the pages, by the name of their file. */
export const PICTURES = {
  'what-is-kept': drawWhatIsKept,
  load: drawLoad,
  'whole-traces': drawWholeTraces,
  'analysis-growth': drawAnalysisGrowth,
  'request-cost': drawRequestCost,
};
