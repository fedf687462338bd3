import type { AttributeValue } from '@opentelemetry/api';
import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import type { Candidate } from './candidate.ts';
import { aPositiveNumber, aRatio, isNumber } from './option-checks.ts';
import { ROUTE_PATTERN, routePattern } from './route-pattern.ts';

/** Which share to keep of the traces that begin with a certain request. All that it names must agree. */
export type SamplingRule = {
  /** The share of traces to keep, from 0 to 1. It must be given. */
  ratio: number;
  /**
   * The route template or the path of the request: `:id` and `*` stand for one segment, `/*` at the end for all that is below.
   * @default any
   */
  route?: string;
  /**
   * The method of the request, or several.
   * @default any
   */
  method?: string | readonly string[];
  /**
   * Attributes that the span starts with, such as a recorded request header (`http.request.header.x-tenant`); a list
   * must contain the value.
   * @default any
   */
  attributes?: Readonly<Record<string, string | number | boolean>>;
  /**
   * So many traces a second are kept on average where there are as many, whatever the ratio.
   * @default 0
   */
  atLeast?: number;
  /**
   * Rules with a higher number are looked at first; those with the same in the order given.
   * @default 0
   */
  priority?: number;
};

/** A rule that is ready for use. */
export type CompiledRule = {
  readonly ratio: number;
  readonly atLeast: number | undefined;
  /** Whether it is for this route, if it is for certain ones. */
  meansRoute(route: string | undefined): boolean;
  /** @param isRoute what `meansRoute` says of the candidate's route; method and path are read once for all rules */
  matches(candidate: Candidate, isRoute: boolean, method: string | undefined, path: string | undefined): boolean;
};

const SCALARS = ['string', 'number', 'boolean'];

const ruleChecks: OptionChecks<SamplingRule> = {
  ratio: aRatio,
  route: [ROUTE_PATTERN, (value) => typeof value === 'string' && routePattern(value) !== undefined],
  method: [
    'a method such as GET, or a non-empty array of them',
    (value) => (Array.isArray(value) && value.length > 0 ? value.every(isMethod) : isMethod(value)),
  ],
  attributes: ['an object with strings, numbers or booleans', isAttributes],
  atLeast: aPositiveNumber,
  priority: ['a number', isNumber],
};

/** Checks and compiles rules, the first to look at first. Throws a `TypeError` that names what is wrong, and where. */
export function compileRules(rules: readonly SamplingRule[]): CompiledRule[] {
  for (const [index, rule] of rules.entries()) checkRule(rule, `rules[${index}]`);
  return [...rules].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0)).map(compileRule);
}

function checkRule(rule: SamplingRule, name: string): void {
  if (!is.object[1](rule)) throw new TypeError(`[sampling] Expected \`${name}\` to be an object with a \`ratio\`.`);
  checkOptions('sampling', rule, ruleChecks, `${name}.`);
  if (rule.ratio === undefined)
    throw new TypeError(`[sampling] \`${name}\` has no \`ratio\`. Give it one from 0 to 1.`);
  if (rule.route === undefined && rule.method === undefined && Object.keys(rule.attributes ?? {}).length === 0) {
    const remedy = 'Give it a `route`, a `method` or `attributes`; for all other traces there is the option `ratio`.';
    throw new TypeError(`[sampling] \`${name}\` applies to every trace. ${remedy}`);
  }
}

function compileRule({ ratio, route, method, attributes = {}, atLeast }: SamplingRule): CompiledRule {
  const pattern = route === undefined ? undefined : routePattern(route);
  const methods = method === undefined ? undefined : [method].flat().map((name) => name.toUpperCase());
  const wanted = Object.entries(attributes);
  return {
    ratio,
    atLeast,
    meansRoute: (route) => pattern === undefined || (route !== undefined && pattern(route)),
    matches: (candidate, isRoute, method, path) =>
      (methods === undefined || methods.includes(method ?? '')) &&
      (isRoute || (path !== undefined && pattern?.(path) === true)) &&
      (wanted.length === 0 || wanted.every(([name, value]) => holds(candidate.attributes[name], value))),
  };
}

function holds(actual: AttributeValue | undefined, wanted: string | number | boolean): boolean {
  return Array.isArray(actual) ? (actual as unknown[]).includes(wanted) : actual === wanted;
}

function isMethod(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z_-]{1,32}$/.test(value);
}

function isAttributes(value: unknown): boolean {
  return is.object[1](value) && Object.values(value as object).every((item) => SCALARS.includes(typeof item));
}
