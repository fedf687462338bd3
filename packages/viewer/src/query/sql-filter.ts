import { SPAN_KINDS, SPAN_STATUSES } from '../api/messages.ts';
import type { Comparison, Field, SpanFilter, TraceFilter } from './filter.ts';
import { inLowerCase } from './lower-case.ts';

/** Collects the values of a statement; they never become part of its text. */
export class SqlValues {
  readonly list: string[] = [];

  /** Returns what stands for the value in the statement. */
  add(value: string | number): string {
    // Bound as a number it would count as one of 64 bits, which a whole number from 2⁶³ on is not.
    const isNumber = typeof value === 'number';
    return `$${this.list.push(String(value))}${isNumber ? '::DOUBLE' : ''}`;
  }
}

/** Whether a filter asks for the trace of a span, aliased `t`. */
export function asksForTrace(filter: SpanFilter): boolean {
  switch (filter.is) {
    case 'and':
    case 'or':
      return filter.items.some(asksForTrace);
    case 'not':
      return asksForTrace(filter.item);
    case 'compare':
    case 'present':
      return ['traceDuration', 'rootName', 'rootService'].includes(filter.field.of);
    default:
      return false;
  }
}

/** Whether a filter asks for nothing but the trace of a span: all spans of a trace are meant, or none. */
export function asksForTraceOnly(filter: SpanFilter): boolean {
  switch (filter.is) {
    case 'and':
    case 'or':
      return filter.items.length > 0 && filter.items.every(asksForTraceOnly);
    case 'not':
      return asksForTraceOnly(filter.item);
    case 'compare':
    case 'present':
      return asksForTrace(filter);
    default:
      return false;
  }
}

/**
 * A condition on a part of a trace that at least one part of each trace has that a filter means; nothing where there is none that
 * is easily found.
 */
export function partCondition(filter: SpanFilter, values: SqlValues): string | undefined {
  if (filter.is === 'and') {
    for (const item of filter.items) {
      const condition = partCondition(item, values);
      if (condition !== undefined) return condition;
    }
  }
  if (filter.is !== 'compare') return undefined;
  const column = filter.field.of === 'rootName' ? 'root_name' : filter.field.of === 'rootService' ? 'root_service' : '';
  return column === '' ? undefined : `coalesce(${compared(column, filter.by, filter.value, values)}, false)`;
}

/** The condition, never null, on a span `s`, its source `o` and its trace `t` that a filter stands for. */
export function spanCondition(filter: SpanFilter, values: SqlValues): string {
  switch (filter.is) {
    case 'all':
      return 'true';
    case 'and':
    case 'or':
      if (filter.items.length === 0) return filter.is === 'and' ? 'true' : 'false';
      return `(${filter.items.map((item) => spanCondition(item, values)).join(filter.is === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `(NOT ${spanCondition(filter.item, values)})`;
    case 'present':
      return `(${fieldOf(filter.field, values)} IS NOT NULL)`;
    case 'text': {
      // Attributes are JSON, in which some characters are written differently.
      const text = inLowerCase(filter.text);
      const plain = values.add(text);
      const inJson = JSON.stringify(text).slice(1, -1);
      const escaped = values.add(inJson);
      // Looking for what has no case, such as a number, needs no copy of the whole in lower case.
      const caseless = (inJson.match(/[\x20-\x60\x7b-\x7e]{3,}/g) ?? []).map((part) => values.add(part));
      const texts = ['s.name', 's.service', "coalesce(s.message, '')"].map(
        (column) => `contains(lower(${column}), ${plain})`,
      );
      const bags = ['s.attributes', 'o.attributes'].map((bag) => {
        const parts = caseless.map((part) => `contains(${bag}, ${part}) AND `).join('');
        return `(${parts}contains(lower(${bag}), ${escaped}))`;
      });
      const id = /^[\da-f]{16}([\da-f]{16})?$/i.test(filter.text) ? [idCondition(filter.text)] : [];
      return `(${[...id, ...texts, ...bags].join(' OR ')})`;
    }
    case 'compare': {
      const { field, by, value } = filter;
      if (field.of !== 'attribute')
        return (
          ofColumn(field, by, value, values) ??
          `coalesce(${compared(fieldOf(field, values), by, value, values)}, false)`
        );
      const text = fieldOf(field, values);
      const single = compared(text, by, value, values);
      const ofItems = `len(list_filter(json_extract_string(${text}, '$[*]'), lambda item: coalesce(${compared('item', by, value, values)}, false))) > 0`;
      // What looks like a list may be a text. Where there is no bracket at all, the JSON is not read once more for it.
      const isList = `${mayHaveList(field)} AND ${text} LIKE '[%]' AND json_valid(${text})`;
      const matches = `coalesce(CASE WHEN ${isList} THEN ${ofItems} ELSE ${single} END, false)`;
      return `(${mayHave(field, by, value, values)} AND ${matches})`;
    }
  }
}

/** The condition on the counts `m0`, `m1`, … of what each span filter found in a trace. */
export function traceCondition(filter: TraceFilter): string {
  let at = 0;
  return condition(filter);

  function condition(part: TraceFilter): string {
    if (part.is === 'span') return `m${at++} > 0`;
    return `(${part.items.map(condition).join(part.is === 'and' ? ' AND ' : ' OR ')})`;
  }
}

// Looking for a text in the JSON is many times faster than reading it, and rules most spans out.
function mayHave(
  { scope, key }: Extract<Field, { of: 'attribute' }>,
  by: Comparison,
  value: string | number | boolean,
  values: SqlValues,
): string {
  // Items of a list in a list are compared by their JSON, which has quotes that are escaped there.
  const isPlain = by === '=' && !/["\\[{]/.test(String(value));
  const text = values.add(isPlain ? JSON.stringify(String(value)).slice(1, -1) : JSON.stringify(key).slice(1, -1));
  return inBags(scope, text);
}

function mayHaveList({ scope }: Extract<Field, { of: 'attribute' }>): string {
  return inBags(scope, "'['");
}

function inBags(scope: Extract<Field, { of: 'attribute' }>['scope'], text: string): string {
  const own = `contains(s.attributes, ${text})`;
  const shared = `contains(o.attributes, ${text})`;
  if (scope === 'span') return own;
  return scope === 'resource' ? shared : `(${own} OR ${shared})`;
}

// What compares a column as it is stored is many times faster than what makes texts of it first. None of these is ever null.
function ofColumn(
  { of }: Field,
  by: Comparison,
  value: string | number | boolean,
  values: SqlValues,
): string | undefined {
  const isOrder = by === '<' || by === '<=' || by === '>' || by === '>=';
  if (of === 'duration' && isOrder && typeof value === 'number')
    return Number.isSafeInteger(value) ? `(s.duration ${by} ${values.add(String(value))}::BIGINT)` : undefined;
  if (by !== '=' && by !== '!=') return undefined;
  switch (of) {
    case 'name':
    case 'service':
      return `(s.${of} ${by} ${values.add(String(value))})`;
    case 'status':
    case 'kind': {
      const names: readonly string[] = of === 'status' ? SPAN_STATUSES : SPAN_KINDS;
      const code = names.indexOf(String(value));
      return code === -1 ? String(by === '!=') : `(s.${of} ${by} ${code})`;
    }
    default:
      return undefined;
  }
}

function idCondition(id: string): string {
  return id.length === 32 ? `s.trace_id = ${BigInt(`0x${id}`)}` : `s.span_id = ${BigInt(`0x${id}`)}`;
}

function fieldOf(field: Field, values: SqlValues): string {
  switch (field.of) {
    case 'name':
      return 's.name';
    case 'service':
      return 's.service';
    case 'status':
      return "(CASE s.status WHEN 2 THEN 'error' WHEN 1 THEN 'ok' ELSE 'unset' END)";
    case 'statusMessage':
      return 's.message';
    case 'kind':
      return "(CASE s.kind WHEN 1 THEN 'server' WHEN 2 THEN 'client' WHEN 3 THEN 'producer' WHEN 4 THEN 'consumer' ELSE 'internal' END)";
    case 'duration':
      return 's.duration';
    case 'traceDuration':
      return '(t.end_ns - t.start_ns)';
    case 'rootName':
      return 't.root.name';
    case 'rootService':
      return 't.root.service';
    case 'attribute': {
      const pointer = values.add(`/${field.key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
      const own = `json_extract_string(s.attributes, ${pointer})`;
      const shared = `json_extract_string(o.attributes, ${pointer})`;
      if (field.scope === 'span') return own;
      return field.scope === 'resource' ? shared : `coalesce(${own}, ${shared})`;
    }
  }
}

function compared(text: string, by: Comparison, value: string | number | boolean, values: SqlValues): string {
  if (by === '=~' || by === '!~') {
    const matches = `regexp_full_match(${text}, ${values.add(String(value))}, 's')`;
    return by === '=~' ? matches : `NOT ${matches}`;
  }
  const isOrder = by !== '=' && by !== '!=';
  // The database ranks what is not a number above all that are.
  if (typeof value === 'number' && isOrder)
    return `nullif(TRY_CAST(${text} AS DOUBLE), 'NaN'::DOUBLE) ${by} ${values.add(value)}`;
  if (isOrder) return `CAST(${text} AS VARCHAR) ${by} ${values.add(value as string)}`;
  const wanted = spellings(String(value)).map((spelling) => values.add(spelling));
  return `CAST(${text} AS VARCHAR) ${by === '=' ? '' : 'NOT '}IN (${wanted.join(', ')})`;
}

// The database writes numbers that are very large or very small in its own way.
function spellings(text: string): string[] {
  if (String(Number(text)) !== text) return [text];
  if (text.includes('e+')) return [text, text.replace('e+', 'e')];
  return Number.isSafeInteger(Number(text)) ? [text] : [text, `${text}.0`];
}
