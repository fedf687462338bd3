const MILLISECONDS = { ms: 1, s: 1000, m: 60_000 } as const;
const DURATION = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m)$/;

/** What a duration must look like, for error messages. */
export const DURATION_FORM = "a duration above 0, such as '300ms', '1.5s', '2m' or a number of milliseconds";

/** A duration in milliseconds, from a number of them or a text with a unit; `undefined` if it is malformed or not above 0. */
export function readDuration(value: unknown): number | undefined {
  const milliseconds = typeof value === 'string' ? fromText(value) : value;
  return typeof milliseconds === 'number' && Number.isFinite(milliseconds) && milliseconds > 0
    ? milliseconds
    : undefined;
}

function fromText(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
}
