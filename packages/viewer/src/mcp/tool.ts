import type { TraceAnswers } from '../api/trace-answers.ts';
import type { TraceStore } from '../store/trace-store.ts';

/** Something that a model can ask of the traces. */
export type Tool = {
  readonly name: string;
  readonly title: string;
  /** For the model: what it tells, and when to ask. */
  readonly description: string;
  /** JSON Schema of its arguments, by name; what arrives has been checked against it. */
  readonly arguments: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  /** JSON Schema of what it finds, by name; all of it is always there but what is `sometimes`. */
  readonly result: Readonly<Record<string, object>>;
  readonly sometimes?: readonly string[];
  run(given: Given, asked: Asked): Promise<Finding>;
};

/** The arguments of a call, checked. */
export type Given = Readonly<Record<string, unknown>>;

/** What tools ask, and where a person could look. */
export type Asked = {
  readonly store: TraceStore;
  readonly traces: TraceAnswers;
  /** The address of the page, where there is one. */
  readonly page: string | undefined;
};

/** What a tool found: for the model to read, and the same for programs. */
export type Finding = { readonly lines: readonly string[]; readonly data: Readonly<Record<string, unknown>> };

export const TRACE_ID = { type: 'string', pattern: '^[0-9a-fA-F]{1,32}$', description: 'Trace id, hexadecimal' };

export const QUERY = {
  type: 'string',
  maxLength: 4000,
  description:
    'TraceQL or part of it: { resource.service.name = "shop" && duration > 100ms }, status = error AND name =~ "GET .*", or a bare word. All spans without it.',
};

export const LAST_MINUTES = {
  type: 'number',
  exclusiveMinimum: 0,
  description: 'Only what started since; all without it',
};

/** How many rows are wanted. */
export function limitOf(otherwise: number, most: number): object {
  return { type: 'integer', minimum: 1, maximum: most, default: otherwise };
}

/** A number of rows from the arguments. */
export function countFrom(given: Given, otherwise: number): number {
  return typeof given.limit === 'number' ? given.limit : otherwise;
}

/** A text from the arguments. */
export function textFrom(given: Given, name: string): string {
  const value = given[name];
  return typeof value === 'string' ? value : '';
}
