import type { CriticalPath } from '@throughline/analysis';
import { clipped } from './bounded.ts';

/** What one operation has of a critical path; times are nanoseconds, the first since the start of the root. */
export type PathStep = {
  readonly service: string;
  readonly name: string;
  readonly time: number;
  readonly spans: number;
  readonly first: number;
};

/** A critical path by operation, the one that took most first: a path may have very many segments. */
export function pathSteps({ root, segments }: CriticalPath): PathStep[] {
  const steps = new Map<string, { service: string; name: string; time: number; first: number; spans: Set<number> }>();
  for (const { span, start, end } of segments) {
    const { name, resource } = span.span;
    const key = `${resource.service}\n${name}`;
    let step = steps.get(key);
    if (step === undefined) {
      const first = start - (root?.start ?? 0);
      step = { service: resource.service, name, time: 0, first, spans: new Set() };
      steps.set(key, step);
    }
    step.time += end - start;
    step.spans.add(span.index);
  }
  return [...steps.values()]
    .sort((a, b) => b.time - a.time)
    .map(({ service, name, time, first, spans }) => ({
      service: clipped(service),
      name: clipped(name),
      time,
      first,
      spans: spans.size,
    }));
}
