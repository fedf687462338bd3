import type { PathProfile, TraceProfile } from './trace-profile.ts';

/** A call path with what two groups of traces have of it. */
export type AlignedPath = {
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
  const ids = new Map<AlignedPath, number>();
  for (const [side, profile] of [
    ['current', current],
    ['baseline', baseline],
  ] as const) {
    const own = new Map<PathProfile, AlignedPath>();
    for (const path of profile.paths.values()) {
      const parent = path.parent === undefined ? undefined : own.get(path.parent);
      const { service, name, depth } = path;
      const key = `${parent === undefined ? '' : ids.get(parent)}\n${service}\n${name}`;
      let row = aligned.get(key);
      if (row === undefined) {
        row = { parent, service, name, depth };
        ids.set(row, aligned.size);
        aligned.set(key, row);
      }
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
