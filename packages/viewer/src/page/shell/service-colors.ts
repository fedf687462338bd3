const COLORS = 12;
const slots = new Map<string, number>();
const taken = new Set<number>();

/**
 * The class that gives a service its colour. The same name prefers the same colour everywhere; two names share one only
 * when there are more services than colours.
 */
export function colorOf(service: string): string {
  let slot = slots.get(service);
  if (slot === undefined) {
    if (taken.size === COLORS) taken.clear();
    slot = hash(service) % COLORS;
    while (taken.has(slot)) slot = (slot + 5) % COLORS;
    taken.add(slot);
    slots.set(service, slot);
  }
  return `c${slot}`;
}

function hash(text: string): number {
  let value = 2166136261;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16777619);
  return value >>> 0;
}
