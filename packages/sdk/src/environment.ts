/**
 * The value of an environment variable, without surrounding blanks. An empty one counts as not set.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readVariable(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}

/** The first of these variables that is set, with its name. */
export function readFirst(...names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = readVariable(name);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/** A number from the first of these variables that is set. Throws if it is none, or not within the range. */
export function readNumber(
  names: string | readonly string[],
  { min, max = Number.MAX_SAFE_INTEGER, integer = true }: { min: number; max?: number; integer?: boolean },
): number | undefined {
  const found = readFirst(...(typeof names === 'string' ? [names] : names));
  if (found === undefined) return undefined;
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(found.value) ? Number(found.value) : Number.NaN;
  if (number >= min && number <= max && (!integer || Number.isInteger(number))) return number;
  const kind = integer ? 'a whole number' : 'a number';
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw wrongVariable(found.name, `${kind} ${range}`, found.value);
}

/** One of some words from the first of these variables that is set; case does not matter. Throws for any other word. */
export function readChoice<Choice extends string>(
  names: string | readonly string[],
  choices: readonly Choice[],
): Choice | undefined {
  const found = readFirst(...(typeof names === 'string' ? [names] : names));
  if (found === undefined) return undefined;
  const choice = choices.find((known) => known === found.value.toLowerCase());
  if (choice === undefined) throw wrongVariable(found.name, `one of ${choices.join(', ')}`, found.value);
  return choice;
}

/**
 * The `name=value` pairs of a variable, with values percent-decoded. Throws for anything else, without quoting it: the
 * values may be secrets.
 */
export function readPairs(name: string): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const member of (readVariable(name) ?? '').split(',')) {
    if (member.trim() === '') continue;
    const at = member.indexOf('=');
    const key = decoded(member.slice(0, Math.max(0, at)).trim());
    const value = decoded(member.slice(at + 1).trim());
    if (key === undefined || key === '' || value === undefined) {
      throw new TypeError(
        `[sdk] Expected the environment variable ${name} to be comma-separated name=value pairs with percent-encoded ` +
          'values, as in `team=shop,zone=eu%20west`. Correct it, or remove it.',
      );
    }
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}

/** The error for a variable whose value means nothing. */
export function wrongVariable(name: string, expected: string, value: string): TypeError {
  const shown = JSON.stringify(value.slice(0, 100));
  return new TypeError(`[sdk] Expected the environment variable ${name} to be ${expected}, got ${shown}.`);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
