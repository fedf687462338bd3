import type { ComparisonAnswer, PathFigures } from '../../api/messages.ts';
import { count, counted, duration } from '../shell/format.ts';
import { ScrollX } from '../shell/scroll-x.tsx';
import { colorOf } from '../shell/service-colors.ts';

const MOST = 1000;

/** Call path by call path: how long before, how long after. */
export function ComparedPaths({ comparison }: { readonly comparison: ComparisonAnswer }) {
  const { before, after, paths } = comparison;
  const change = after.duration - before.duration;
  const most = paths.reduce((largest, { difference }) => Math.max(largest, Math.abs(difference)), 1);
  return (
    <section>
      <h2 class="verdict">
        {Math.abs(change) < before.duration * 0.01
          ? 'As long as before'
          : `${duration(Math.abs(change))} ${change > 0 ? 'slower' : 'faster'}`}
        <span class="quiet">
          {' '}
          {duration(before.duration)} before, {duration(after.duration)} after
          {before.traces > 1 || after.traces > 1
            ? `, on average of ${counted(before.traces, 'trace')} and ${count(after.traces)}`
            : ''}
        </span>
      </h2>
      <ScrollX label="Table of call paths">
        <table class="table compared">
          <thead>
            <tr>
              <th>Call path</th>
              <th class="number">Spans</th>
              <th class="number">Before</th>
              <th class="number">After</th>
              <th class="number" title="How much more or less time is not spent in calls below">
                Self time, change
              </th>
              <th>
                <span class="hidden">Difference of own time, as a bar</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {paths.slice(0, MOST).map((path, index) => {
              const share = Math.abs(path.difference) / most;
              return (
                <tr key={index}>
                  <td class="path" style={{ '--level': path.depth }}>
                    <span class={`dot ${colorOf(path.service)}`} title={path.service} />
                    <span class="split">{path.name}</span>
                    {path.before === undefined ? <span class="tag">new</span> : null}
                    {path.after === undefined ? <span class="tag">gone</span> : null}
                    {failures(path.after) > failures(path.before) ? <span class="tag failed">fails</span> : null}
                  </td>
                  <td class="number quiet">{spansOf(path.before, path.after)}</td>
                  <td class="number">{path.before === undefined ? '–' : duration(path.before.time)}</td>
                  <td class="number">{path.after === undefined ? '–' : duration(path.after.time)}</td>
                  <td class={path.difference > 0 ? 'number slower' : path.difference === 0 ? 'number quiet' : 'number'}>
                    {path.difference > 0 ? '+' : ''}
                    {duration(path.difference)}
                  </td>
                  <td class="diverging">
                    <span class={path.difference > 0 ? 'more-time' : 'less-time'} style={{ '--share': share }} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </ScrollX>
      {paths.length > MOST ? <p class="quiet">{count(paths.length - MOST)} more paths are not shown.</p> : null}
    </section>
  );
}

function failures(figures: PathFigures | undefined): number {
  return figures === undefined || figures.spans === 0 ? 0 : figures.errors / figures.spans;
}

function spansOf(before: PathFigures | undefined, after: PathFigures | undefined): string {
  const [from, to] = [round(before?.spans ?? 0), round(after?.spans ?? 0)];
  return from === to ? `${from}` : `${from} → ${to}`;
}

function round(spans: number): number {
  return Math.round(spans * 100) / 100;
}
