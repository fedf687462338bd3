import fc from 'fast-check';

/** Something that reads what strangers send, and what must hold whatever they do. */
export type Target = {
  readonly name: string;
  /** Runs once on each input; whatever it throws is a finding. */
  readonly property: fc.IProperty<unknown>;
};

/** How long one input may take: milliseconds are usual, and what is not linear takes minutes. */
const PATIENCE_MS = 15_000;

/**
 * A target that reads inputs. `read` may throw only what `mayThrow` says, and `check` sees what it returned.
 */
export function target<Input, Output>(
  name: string,
  input: fc.Arbitrary<Input>,
  read: (input: Input) => Output,
  check: (output: Output, input: Input) => void = () => {},
  mayThrow: (thrown: unknown) => boolean = () => false,
): Target {
  const property = fc.property(input, (given) => {
    const began = performance.now();
    let output: Output;
    try {
      output = read(given);
    } catch (thrown) {
      if (mayThrow(thrown)) return;
      throw thrown;
    }
    const tookMs = performance.now() - began;
    if (tookMs > PATIENCE_MS) throw new Error(`took ${Math.round(tookMs)} ms`);
    check(output, given);
  });
  return { name, property: property as fc.IProperty<unknown> };
}

/** Texts near to valid ones, with pieces removed, replaced, doubled and repeated; and some that are near to nothing. */
export function textsNear(valid: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    ...pieces,
    '',
    '\0',
    'é',
    '\ud83d',
    '😀',
    '%',
    '"',
    '\\',
    ' ',
    '-1',
    '9'.repeat(30),
    '__proto__',
  );
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(6),
    inserted: piece,
    times: fc.constantFrom(1, 1, 1, 2, 100, 3000),
  });
  const edited = fc.tuple(fc.constantFrom(...valid), fc.array(edit, { maxLength: 5 })).map(([text, edits]) =>
    edits.reduce((result, { at, removed, inserted, times }) => {
      const place = Math.floor(at * result.length);
      return (result.slice(0, place) + inserted.repeat(times) + result.slice(place + removed)).slice(0, 100_000);
    }, text),
  );
  const pieced = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
  return fc.oneof(
    { weight: 6, arbitrary: edited },
    { weight: 2, arbitrary: pieced },
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
}

/** Values near to a valid one: any part of it replaced by something of another kind. */
export function valuesNear(valid: unknown): fc.Arbitrary<unknown> {
  const strange = fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -1,
    1e300,
    Number.NaN,
    '',
    'x',
    '9'.repeat(40),
    true,
    [],
    {},
    [[]],
    { value: null },
    'é\ud800',
    2 ** 60,
    '-5',
  );
  const change = fc.record({
    way: fc.array(fc.nat(20), { maxLength: 9 }),
    value: fc.oneof(strange, fc.jsonValue({ maxDepth: 3 })),
    remove: fc.boolean(),
  });
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    const copy: unknown = structuredClone(valid);
    return changes.reduce((root, { way, value, remove }) => changed(root, way, value, remove), copy);
  });
}

function changed(root: unknown, way: readonly number[], value: unknown, remove: boolean): unknown {
  const [step, ...rest] = way;
  if (step === undefined || typeof root !== 'object' || root === null) return value;
  const holder = root as Record<string, unknown>;
  const keys = Object.keys(holder);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return value;
  // JSON has no arrays with holes.
  if (rest.length === 0 && remove && Array.isArray(root)) root.splice(Number(key), 1);
  else if (rest.length === 0 && remove) delete holder[key];
  else holder[key] = changed(holder[key], rest, value, remove);
  return root;
}

/** Bytes near to valid ones: some changed, removed or doubled, or the end cut off. */
export function bytesNear(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(8),
    inserted: fc.uint8Array({ maxLength: 12 }),
  });
  return fc.tuple(fc.constantFrom(...valid), fc.array(edit, { maxLength: 5 })).map(([bytes, edits]) =>
    edits.reduce<Uint8Array>((result, { at, removed, inserted }) => {
      const place = Math.floor(at * result.length);
      return Buffer.concat([result.subarray(0, place), inserted, result.subarray(place + removed)]);
    }, bytes),
  );
}

/** Fails with this message if it does not hold. */
export function must(holds: boolean, message: () => string): void {
  if (!holds) throw new Error(message());
}
