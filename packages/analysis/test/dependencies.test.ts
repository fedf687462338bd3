import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dependencies, DependencyGraph, dependencies } from '../src/index.ts';
import { forest, type Row } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';

type Kind = Row['kind'];

/** A span as Zipkin's tests of its linker write it: parent, id, kind, local service, remote service. */
function span(
  parent: string | undefined,
  id: string,
  kind: Kind,
  service: string,
  remote?: string,
  error = false,
): Row {
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    kind: kind ?? 'internal',
    service,
    start: id.charCodeAt(0),
    end: 200 - id.charCodeAt(0),
    attributes: remote === undefined ? {} : { 'peer.service': remote },
    status: error ? 'error' : 'unset',
  };
}

/** Edges as `from → to calls errors`. */
function edges({ edges: all }: Dependencies): string[] {
  return all.map(({ from, to, calls, errors }) => `${from.name} → ${to.name} ${calls} ${errors}`);
}

function link(...rows: Row[]): string[] {
  return edges(dependencies([forest(...rows)]));
}

// The situations of the tests of Zipkin's DependencyLinker, with its results.
describe('as Zipkin links', () => {
  it('links nothing in nothing', () => {
    expect(dependencies([])).toEqual({ nodes: [], edges: [] });
  });

  it('links services along their calls and to what records no spans', () => {
    expect(
      link(
        span(undefined, 'a', 'server', 'web'),
        span('a', 'b', 'client', 'web', 'app'),
        span('b', 'c', 'server', 'app', 'web'),
        span('c', 'd', 'client', 'app', 'db', true),
      ),
    ).toEqual(['app → db 1 1', 'web → app 1 0']);
  });

  it('links messages by their broker, on either side', () => {
    const producer = (remote?: string) => span(undefined, 'a', 'producer', 'producer', remote);
    const consumer = (remote?: string) => span('a', 'b', 'consumer', 'consumer', remote);
    expect(link(producer(), consumer('kafka'))).toEqual(['kafka → consumer 1 0']);
    expect(link(producer('kafka'), consumer())).toEqual(['producer → kafka 1 0']);
    expect(link(producer('kafka'), consumer('kafka'))).toEqual(['kafka → consumer 1 0', 'producer → kafka 1 0']);
    expect(link(producer('kafka1'), consumer('kafka2'))).toEqual(['kafka2 → consumer 1 0', 'producer → kafka1 1 0']);
    expect(link(producer(), consumer())).toEqual([]);
  });

  it('links a producer to a server below it, which is a call after all', () => {
    expect(link(span(undefined, 'a', 'producer', 'producer'), span('a', 'b', 'server', 'server'))).toEqual([
      'producer → server 1 0',
    ]);
  });

  it('does not link a client to a consumer', () => {
    expect(link(span(undefined, 'a', 'client', 'client'), span('a', 'b', 'consumer', 'consumer'))).toEqual([]);
  });

  it('takes the direction of a lone span from its kind', () => {
    expect(link(span(undefined, 'a', 'server', 'server', 'client'))).toEqual(['client → server 1 0']);
    expect(link(span(undefined, 'a', 'client', 'client', 'server'))).toEqual(['client → server 1 0']);
  });

  it('takes the name of a client without one from the server around it, and counts calls', () => {
    const trace = [
      span(undefined, 'a', 'server', 'client'),
      span('a', 'b', 'client', '', 'server'),
      span('a', 'c', 'client', '', 'server'),
    ];
    expect(link(...trace)).toEqual(['client → server 2 0']);
    expect(edges(dependencies([forest(...trace), forest(...trace)]))).toEqual(['client → server 4 0']);
  });

  it('counts a call and its error once when both sides recorded it', () => {
    expect(link(span(undefined, 'a', 'client', 'client'), span('a', 'b', 'server', 'server'))).toEqual([
      'client → server 1 0',
    ]);
    expect(
      link(
        span(undefined, 'a', 'client', 'client', undefined, true),
        span('a', 'b', 'server', 'server', undefined, true),
      ),
    ).toEqual(['client → server 1 1']);
    expect(link(span(undefined, 'a', 'client', 'client', undefined, true), span('a', 'b', 'server', 'server'))).toEqual(
      ['client → server 1 1'],
    );
  });

  it('prefers the server’s name for itself, and counts each server below one client', () => {
    expect(link(span(undefined, 'a', 'client', 'client', 'alias'), span('a', 'b', 'server', 'server'))).toEqual([
      'client → server 1 0',
    ]);
    expect(
      link(
        span(undefined, 'a', 'client', 'client'),
        span('a', 'b', 'server', 'server', 'client', true),
        span('a', 'c', 'server', 'server', 'client'),
      ),
    ).toEqual(['client → server 2 1']);
  });

  it('links over spans between, and to a client whose server span is missing', () => {
    expect(
      link(
        span(undefined, 'a', 'server', 'client'),
        span('a', 'b', 'internal', ''),
        span('b', 'c', 'client', 'server', undefined, true),
        span('b', 'd', 'client', 'server', undefined, true),
      ),
    ).toEqual(['client → server 2 0']);
    expect(
      link(
        span(undefined, 'a', 'server', 'foo'),
        span('a', 'b', 'internal', ''),
        span('b', 'c', 'client', 'bar', 'baz', true),
        span('b', 'd', 'client', 'bar', 'baz'),
      ),
    ).toEqual(['bar → baz 2 1', 'foo → bar 2 0']);
  });
});

it('has databases, queues and uninstrumented hosts as nodes of their own', () => {
  const { nodes, edges: all } = dependencies([
    forest(
      { id: 'a', kind: 'server', start: 0, end: 90 },
      {
        id: 'b',
        parent: 'a',
        kind: 'client',
        start: 1,
        end: 11,
        name: 'SELECT orders',
        attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop' },
      },
      { id: 'c', parent: 'a', kind: 'client', start: 2, end: 9, attributes: { 'server.address': 'api.bank.example' } },
      {
        id: 'd',
        parent: 'a',
        kind: 'producer',
        start: 3,
        end: 9,
        attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
      },
    ),
  ]);
  expect(nodes).toEqual([
    { kind: 'peer', name: 'api.bank.example' },
    { kind: 'queue', name: 'kafka/orders' },
    { kind: 'database', name: 'postgresql/shop' },
    { kind: 'service', name: 'shop' },
  ]);
  expect(all.map(({ to, operations }) => [to.name, operations.map(({ name }) => name)])).toContainEqual([
    'postgresql/shop',
    ['SELECT orders'],
  ]);
  const database = all.find(({ to }) => to.kind === 'database');
  expect(Math.abs((database?.p50 ?? 0) / 10e6 - 1)).toBeLessThan(0.01);
});

it('knows a peer again that records spans in other traces', () => {
  const graph = new DependencyGraph();
  graph.add(forest(span(undefined, 'a', 'client', 'web', 'shop')));
  graph.add(forest(span(undefined, 'a', 'client', 'web'), span('a', 'b', 'server', 'shop')));
  expect(edges(graph.result())).toEqual(['web → shop 2 0']);
  expect(graph.result().nodes.map(({ kind }) => kind)).toEqual(['service', 'service']);
});

it('weighs calls by the sampling probability of their trace', () => {
  expect(link({ ...span(undefined, 'a', 'client', 'web', 'shop'), traceState: 'ot=th:c' })).toEqual(['web → shop 4 0']);
});

it('gives the same for any order of spans and traces', () => {
  fc.assert(
    fc.property(randomRows, randomRows, fc.nat(), (rows, others, order) => {
      const one = dependencies([forest(...rows), forest(...others)]);
      expect(dependencies([forest(...shuffled(others, order)), forest(...shuffled(rows, order))])).toEqual(one);
    }),
    { seed },
  );
});
