import { getOrMake } from './collections.ts';
import type { PathProfile, TraceProfile } from './trace-profile.ts';

/** A call path with what two groups of traces have of it. */
export type AlignedPath = {
  readonly id: number;
  readonly parent: AlignedPath | undefined;
  readonly service: string;
  readonly name: string;
  readonly depth: number;
  current?: PathProfile;
  baseline?: PathProfile;
};

/** The call paths of two groups, those of one path together, parents before children. */
export function alignPaths(current: TraceProfile, baseline: TraceProfile): AlignedPath[] {
  const aligned = new Map<string, AlignedPath>();
  for (const [side, profile] of [
    ['current', current],
    ['baseline', baseline],
  ] as const) {
    const own = new Map<PathProfile, AlignedPath>();
    for (const path of profile.paths.values()) {
      const parent = path.parent === undefined ? undefined : own.get(path.parent);
      const { service, name, depth } = path;
      const key = `${parent === undefined ? '' : parent.id}\n${service}\n${name}`;
      const row = getOrMake(aligned, key, (): AlignedPath => ({ id: aligned.size, parent, service, name, depth }));
      row[side] = path;
      own.set(path, row);
    }
  }
  return [...aligned.values()];
}

/** Operations from the root to this path, as `service name`; of a deep one the last fifty. */
export function pathNames(path: AlignedPath): string[] {
  const names: string[] = [];
  for (let at: AlignedPath | undefined = path; at !== undefined && names.length < 50; at = at.parent)
    names.push(`${at.service} ${at.name}`);
  return names.reverse();
}
