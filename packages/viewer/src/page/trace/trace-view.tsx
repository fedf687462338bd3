import { useEffect, useMemo } from 'preact/hooks';
import { unpackTrace } from '../../api/packed-trace.ts';
import { useAnswer } from '../shell/api.ts';
import { addressOf, type Route } from '../shell/route.ts';
import { OpenTrace } from './open-trace.tsx';
import { traceModel } from './trace-model.ts';
import './trace.css';
import './waterfall.css';
import './flame-graph.css';
import './media.css';
import './details.css';

/** A trace by its id: `/trace/{id}`. */
export function TraceView({ route: { path, parameters } }: { readonly route: Route }) {
  const traceId = path.slice('/trace/'.length);
  const { answer, problem } = useAnswer(`traces/${encodeURIComponent(traceId)}`, 0, unpacked);
  const columns = answer?.traceId.endsWith(traceId.toLowerCase()) ? answer : undefined;
  const model = useMemo(() => (columns === undefined ? undefined : traceModel(columns)), [columns]);
  useEffect(() => {
    document.title = model === undefined ? 'Trace' : `${model.columns.names[model.columns.name[0] ?? 0] ?? ''} – Trace`;
  }, [model]);
  if (problem !== undefined) {
    return (
      <div class="nothing">
        <h1>This trace cannot be shown</h1>
        <p>{problem.message}</p>
        <p>
          <a href={addressOf('/', { query: parameters.get('query') ?? '' })}>All traces</a>
        </p>
      </div>
    );
  }
  if (model === undefined) return <p class="waiting">Loading the trace</p>;
  return <OpenTrace key={traceId} model={model} parameters={parameters} />;
}

async function unpacked(response: Response) {
  return unpackTrace(await response.arrayBuffer());
}
