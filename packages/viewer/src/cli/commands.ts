import { anomaliesCommand } from './anomalies.ts';
import { bottlenecksCommand } from './bottlenecks.ts';
import { collectorConfigCommand } from './collector-config.ts';
import type { Command } from './command.ts';
import { compareCommand } from './compare.ts';
import { criticalPathCommand } from './critical-path.ts';
import { deps } from './deps.ts';
import { find } from './find.ts';
import { mcp } from './mcp.ts';
import { show } from './show.ts';
import { view } from './view.ts';

/** All that the command line does, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  view,
  find,
  show,
  criticalPathCommand,
  bottlenecksCommand,
  deps,
  anomaliesCommand,
  compareCommand,
  collectorConfigCommand,
  mcp,
];
