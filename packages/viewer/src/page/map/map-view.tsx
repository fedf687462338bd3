import { useEffect, useMemo } from 'preact/hooks';
import type { DependenciesAnswer, StatisticsAnswer } from '../../api/messages.ts';
import { useAnswer } from '../shell/api.ts';
import { count, counted, duration, percent } from '../shell/format.ts';
import { Key } from '../shell/key.tsx';
import { addressOf, change, type Route } from '../shell/route.ts';
import { ScrollX } from '../shell/scroll-x.tsx';
import { colorOf } from '../shell/service-colors.ts';
import { ServiceGraph } from './service-graph.tsx';
import './map.css';

/** Who calls whom, as a drawing and as a table, and the operations of what is chosen. */
export function MapView({ route: { parameters } }: { readonly route: Route }) {
  const { answer, problem } = useAnswer<DependenciesAnswer>('dependencies');
  const chosenName = parameters.get('node');
  const chosen = answer?.nodes.findIndex(({ name }) => name === chosenName) ?? -1;
  useEffect(() => {
    document.title = 'Services';
  }, []);
  const edges = useMemo(
    () =>
      (answer?.edges ?? [])
        .filter(({ from, to }) => from >= 0 && to >= 0 && (chosen === -1 || from === chosen || to === chosen))
        .sort((a, b) => b.calls - a.calls),
    [answer, chosen],
  );
  if (problem !== undefined) return <p class="problem">{problem.message}</p>;
  if (answer === undefined) return <p class="waiting">Drawing the map</p>;
  if (answer.nodes.length === 0) {
    return (
      <div class="nothing">
        <h2>No services yet</h2>
        <p>The map is drawn from the traces that come in.</p>
      </div>
    );
  }
  const nameOf = (node: number) => answer.nodes[node]?.name ?? '';
  return (
    <>
      <div class="view-head">
        <h1>Services</h1>
        <p class="quiet">
          From {counted(answer.traces, 'trace')}
          {answer.complete ? '' : ', the latest of them'}. Calls include those that sampling dropped.
        </p>
        {chosen === -1 ? null : (
          <button type="button" class="button small" onClick={() => change({ node: undefined })}>
            All services
          </button>
        )}
      </div>
      <ServiceGraph
        answer={answer}
        chosen={chosen}
        onChoose={(node) => change({ node: node === chosen ? undefined : nameOf(node) })}
      />
      <section class="calls">
        <h2>{chosen === -1 ? 'Calls' : `Calls from and to ${chosenName}`}</h2>
        <ScrollX label="Table of calls">
          <table class="table">
            <thead>
              <tr>
                <th>From</th>
                <th>To</th>
                <th class="number">Calls</th>
                <th class="number">Failed</th>
                <th class="number aside">p50</th>
                <th class="number">p95</th>
                <th class="number aside">p99</th>
              </tr>
            </thead>
            <tbody>
              {edges.map((edge) => (
                <tr key={`${edge.from} ${edge.to}`}>
                  <td class="split">
                    <Key text={nameOf(edge.from)} />
                  </td>
                  <td class="split">
                    <Key text={nameOf(edge.to)} />
                  </td>
                  <td class="number">{count(edge.calls)}</td>
                  <td class={edge.errors > 0 ? 'number failed' : 'number quiet'}>
                    {percent(edge.errors / edge.calls)}
                  </td>
                  <td class="number aside">{duration(edge.p50)}</td>
                  <td class="number">{duration(edge.p95)}</td>
                  <td class="number aside">{duration(edge.p99)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      </section>
      <Operations service={chosenName} />
    </>
  );
}

function Operations({ service }: { readonly service: string | null }) {
  const query = service === null ? '' : `service = ${JSON.stringify(service)}`;
  const { answer } = useAnswer<StatisticsAnswer>(addressOf('statistics', { query }));
  if (answer === undefined || answer.operations.length === 0) return null;
  const operations = answer.operations.toSorted((a, b) => b.p95 * b.calls - a.p95 * a.calls).slice(0, 100);
  return (
    <section class="calls">
      <h2>Operations</h2>
      <ScrollX label="Table of operations">
        <table class="table">
          <thead>
            <tr>
              <th>Operation</th>
              <th class="aside">Kind</th>
              <th class="number aside">Rate</th>
              <th class="number">Calls</th>
              <th class="number">Failed</th>
              <th class="number aside">p50</th>
              <th class="number">p95</th>
              <th class="number aside">p99</th>
            </tr>
          </thead>
          <tbody>
            {operations.map((operation) => (
              <tr key={`${operation.service} ${operation.name} ${operation.kind}`}>
                <td class="split">
                  <a
                    href={addressOf('/', {
                      query: `service = ${JSON.stringify(operation.service)} && name = ${JSON.stringify(operation.name)}`,
                      sort: 'slowest',
                    })}
                  >
                    {operation.name}
                  </a>{' '}
                  <span class="quiet nowrap">
                    <span class={`dot ${colorOf(operation.service)}`} /> {operation.service}
                  </span>
                </td>
                <td class="quiet aside">{operation.kind}</td>
                <td class="number aside">
                  {operation.rate < 10 ? operation.rate.toPrecision(2) : count(operation.rate)}/s
                </td>
                <td class="number">{count(operation.calls)}</td>
                <td class={operation.errors > 0 ? 'number failed' : 'number quiet'}>
                  {percent(operation.errors / Math.max(1, operation.calls))}
                </td>
                <td class="number aside">{duration(operation.p50)}</td>
                <td class="number">{duration(operation.p95)}</td>
                <td class="number aside">{duration(operation.p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </section>
  );
}
