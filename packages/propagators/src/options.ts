type Check = readonly [description: string, accepts: (value: unknown) => boolean];

/** Throws a `TypeError` that names the first option which is unknown or of the wrong kind, and what was expected. */
export function checkOptions<Options extends object>(
  options: Options,
  checks: { readonly [Name in keyof Required<Options>]: Check },
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`[propagators] Expected the options to be an object, got ${describe(options)}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(checks, name) ? (checks as Record<string, Check>)[name] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks).map((option) => `\`${option}\``);
      throw new TypeError(`[propagators] There is no option \`${name}\`. Use ${known.join(' or ')}.`);
    }
    const [expected, accepts] = check;
    if (accepts(value)) continue;
    throw new TypeError(`[propagators] Expected \`${name}\` to be ${expected}, got ${describe(value)}.`);
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? `the string ${JSON.stringify(value.slice(0, 100))}` : typeof value;
}
