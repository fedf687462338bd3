import {
  type Baggage,
  baggageEntryMetadataFromString,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api';
import { BaggagePropagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, inject } from './carriers.ts';

const propagator = new BaggagePropagator();

function read(header: unknown): Baggage | undefined {
  return propagation.getBaggage(extract(propagator, { baggage: header }));
}

/** Entries as `[key, value]` or `[key, value, metadata]`. */
function entries(header: unknown): string[][] {
  const all = read(header)?.getAllEntries() ?? [];
  return all.map(([key, { value, metadata }]) => (metadata === undefined ? [key, value] : [key, value, `${metadata}`]));
}

function written(all: readonly (readonly [string, string, string?])[]): string | undefined {
  let baggage = propagation.createBaggage();
  for (const [key, value, metadata] of all) {
    const entry = metadata === undefined ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) };
    baggage = baggage.setEntry(key, entry);
  }
  return inject(propagator, propagation.setBaggage(ROOT_CONTEXT, baggage)).baggage;
}

const passed = (header: string): string | undefined =>
  inject(propagator, extract(propagator, { baggage: header })).baggage;

const HARD = '\t "\';=asdf!@#$%^&*()';
const HARD_ENCODED = '%09%20%22%27%3B%3Dasdf%21%40%23%24%25%5E%26%2A%28%29';

// The cases that the W3C's own unit tests cover, in their order.
describe('baggage is read', () => {
  it.each([
    ['with one member', 'SomeKey=SomeValue', [['SomeKey', 'SomeValue']]],
    [
      'with properties',
      'SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal',
      [
        ['SomeKey', 'SomeValue', 'SomeProp'],
        ['SomeKey2', 'SomeValue2', 'ValueProp=PropVal'],
      ],
    ],
    [
      'with blanks around everything',
      'SomeKey \t = \t SomeValue \t ; \t SomeProp \t , \t SomeKey2 \t = \t SomeValue2 \t ; \t ValueProp \t = \t PropVal',
      [
        ['SomeKey', 'SomeValue', 'SomeProp'],
        ['SomeKey2', 'SomeValue2', 'ValueProp=PropVal'],
      ],
    ],
    ['with equals signs in a value', 'SomeKey=SomeValue=equals', [['SomeKey', 'SomeValue=equals']]],
    ['with a percent-encoded value', `SomeKey=${HARD_ENCODED}`, [['SomeKey', HARD]]],
    ['with blanks around a percent-encoded value', `SomeKey \t = \t ${HARD_ENCODED} \t `, [['SomeKey', HARD]]],
    ['with several properties', 'k=v;SomeProp;SecondProp=PropValue', [['k', 'v', 'SomeProp;SecondProp=PropValue']]],
    ['with properties of one name', 'k=v;P;P=A;P=B', [['k', 'v', 'P;P=A;P=B']]],
    ['with blanks around several properties', 'k=v \t ; \t P \t ; \t Q \t = \t R', [['k', 'v', 'P;Q=R']]],
    ['with a percent-encoded property, kept as it is', `k=v;P=${HARD_ENCODED}`, [['k', 'v', `P=${HARD_ENCODED}`]]],
    [
      'with a property whose equals sign is encoded, which is a key',
      'k=v;ValueProp%20%09%20%3D%20%09%20PropVal',
      [['k', 'v', 'ValueProp%20%09%20%3D%20%09%20PropVal']],
    ],
    ['with an empty value', 'k=', [['k', '']]],
    ['with empty members', ',, k=v ,,', [['k', 'v']]],
    ['with a semicolon at the end', 'k=v;', [['k', 'v']]],
    ['with an encoded comma', 'k=a%2Cb', [['k', 'a,b']]],
    ['with UTF-8', 'userId=Am%C3%A9lie', [['userId', 'Amélie']]],
    ['with a byte order mark kept', 'k=%EF%BB%BFa%ff', [['k', '\uFEFFa\uFFFD']]],
    ['with bytes that are no UTF-8 replaced', 'k=%ff%41%C3', [['k', '\uFFFDA\uFFFD']]],
    [
      'with a percent sign that encodes nothing kept',
      'k=100%,l=%zz',
      [
        ['k', '100%'],
        ['l', '%zz'],
      ],
    ],
    [
      'in several lines',
      ['a=1', 'b=2, c=3'],
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    [
      'with the last of members that have one key',
      'a=1,b=2,a=3',
      [
        ['a', '3'],
        ['b', '2'],
      ],
    ],
    [
      'with keys of prototypes and numbers in their order',
      'z=0,__proto__=1,constructor=2,1=3',
      [
        ['z', '0'],
        ['__proto__', '1'],
        ['constructor', '2'],
        ['1', '3'],
      ],
    ],
  ])('%s', (_, header, expected) => {
    expect(entries(header)).toEqual(expected);
  });
});

describe('baggage goes out', () => {
  it('percent-encoded', () => {
    expect(passed(`SomeKey=${HARD_ENCODED}`)).toBe(`SomeKey=${HARD_ENCODED}`);
    expect(passed(`SomeKey=SomeValue;SomePropKey=${HARD_ENCODED}`)).toBe(
      `SomeKey=SomeValue;SomePropKey=${HARD_ENCODED}`,
    );
    expect(
      written([
        ['userId', 'Amélie'],
        ['serverNode', 'DF 28'],
      ]),
    ).toBe('userId=Am%C3%A9lie,serverNode=DF%2028');
  });

  it('with half of a surrogate pair replaced', () => {
    expect(written([['k', 'a\ud800b']])).toBe('k=a%EF%BF%BDb');
  });

  it('with at least 64 members', () => {
    const all = Array.from({ length: 64 }, (_, index) => [`key${index}`, 'value'] as const);
    expect(written(all)?.split(',')).toHaveLength(64);
  });

  it('with one member of 8,192 bytes, and not with one of 8,193', () => {
    expect(written([['a', '0123456789'.repeat(819)]])).toHaveLength(8192);
    expect(written([['a', `${'0123456789'.repeat(819)}0`]])).toBeUndefined();
  });

  it('with 512 members of 8,192 bytes, and back again', () => {
    const header = `${Array.from({ length: 512 }, (_, index) => `${String(index).padStart(3, '0')}=0123456789a`).join(',')}b`;
    expect(header).toHaveLength(8192);
    expect(passed(header)).toBe(header);
  });

  it('with no more than 512 members', () => {
    const all = Array.from({ length: 600 }, (_, index) => [`k${index}`, ''] as const);
    expect(written(all)?.split(',')).toHaveLength(512);
  });

  it('without the member that does not fit, whole, and with smaller ones after it', () => {
    expect(
      written([
        ['a', '1'],
        ['big', 'x'.repeat(8190)],
        ['b', '2'],
      ]),
    ).toBe('a=1,b=2');
  });

  it('without an entry whose key is no token', () => {
    expect(
      written([
        ['a b', '1'],
        ['c\r\nx-injected', '2'],
        ['', '3'],
        ['d', '4'],
      ]),
    ).toBe('d=4');
  });

  it('without properties that would break the header', () => {
    expect(
      written([
        ['a', '1', 'p\r\nx-injected: 1'],
        ['b', '2', 'p,c=3'],
        ['d', '4', 'p; q = r'],
      ]),
    ).toBe('a=1,b=2,d=4;p;q=r');
  });

  it('not at all where tracing is suppressed, or where there is none', () => {
    const context = extract(propagator, { baggage: 'a=1' });
    const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
    expect(inject(propagator, context.setValue(suppressed, true))).toEqual({});
    expect(inject(propagator, ROOT_CONTEXT)).toEqual({});
    expect(inject(propagator, propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage()))).toEqual({});
  });
});

describe('a member is skipped, and the others count, if it has', () => {
  it.each([
    ['no equals sign', 'nothing'],
    ['no key', '=v'],
    ['a key with a blank', 'a b=v'],
    ['a key beyond ASCII', 'é=v'],
    ['a value with a blank', 'k=a b'],
    ['a quoted value', 'k="v"'],
    ['a value beyond ASCII', 'k=é'],
    ['a value with a line break', 'k=v\r\nx-injected: 1'],
    ['a NUL', 'k=\0'],
    ['a property with a blank', 'k=v;a b'],
    ['a property without a key', 'k=v;=x'],
  ])('%s', (_, member) => {
    expect(entries(`first=1,${member},last=2`)).toEqual([
      ['first', '1'],
      ['last', '2'],
    ]);
  });
});

describe('the limits', () => {
  it('are kept by whole members when 8,192 bytes are not enough', () => {
    const big = `k=${'v'.repeat(8186)}`;
    expect(entries(`${big},l=1,m=2`).map(([key]) => key)).toEqual(['k', 'l']);
    expect(entries(`${big},l=12,m=3`).map(([key]) => key)).toEqual(['k']);
    expect(entries(`a=1,k=${'v'.repeat(9000)}`)).toEqual([['a', '1']]);
  });

  it('count for all lines together', () => {
    expect(entries([`a=${'v'.repeat(8000)}`, `b=${'v'.repeat(500)}`])).toEqual([['a', 'v'.repeat(8000)]]);
  });

  it('let no more than 512 members in', () => {
    expect(entries(Array.from({ length: 2000 }, (_, index) => `${index}=`).join(','))).toHaveLength(512);
  });
});

describe('the baggage of a request', () => {
  const baggage = read('a=1;p,1=2') as Baggage;

  it('changes by copies', () => {
    expect(baggage.setEntry('b', { value: '3' }).getEntry('b')?.value).toBe('3');
    expect(
      baggage
        .removeEntry('a')
        .getAllEntries()
        .map(([key]) => key),
    ).toEqual(['1']);
    expect(baggage.removeEntries('a', '1').getAllEntries()).toEqual([]);
    expect(baggage.clear().getAllEntries()).toEqual([]);
    expect(baggage.getAllEntries().map(([key]) => key)).toEqual(['a', '1']);
    expect(baggage.getEntry('toString')).toBeUndefined();
  });

  it('does not change with the entry that it gave', () => {
    const entry = baggage.getEntry('a');
    if (entry !== undefined) entry.value = 'changed';
    expect(baggage.getEntry('a')?.value).toBe('1');
  });

  it('takes the names of prototypes for what they are: keys', () => {
    const polluting = read('__proto__=polluted') as Baggage;
    expect(polluting.getEntry('__proto__')).toEqual({ value: 'polluted' });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(polluting.getEntry('constructor')).toBeUndefined();
  });
});

it('headers that bring no baggage leave the context as it is', () => {
  for (const header of [undefined, '', ',,,', 'garbage', 42, []]) {
    expect(extract(propagator, { baggage: header })).toBe(ROOT_CONTEXT);
  }
});
