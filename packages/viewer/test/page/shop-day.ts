import { createHash } from 'node:crypto';
import type { Span } from '@throughline/analysis';
import { browse, checkout } from './shop-traces.ts';
import { send, sendLog, TraceDraft } from './trace-draft.ts';

/** A day in a shop: addresses of every view of the page, and the traces behind them. The same each time. */
export type ShopDay = {
  readonly views: Readonly<Record<string, string>>;
  /** Sends the traces in two runs: most as usual, some slow, some failed, one odd. */
  readonly send: (url: string) => Promise<void>;
};

const START = Date.UTC(2026, 10, 20, 9, 41);

export function shopDay(): ShopDay {
  const failed = checkout({ startMs: START + 72_000, isFailed: true, traceId: idOf('failed') });
  const slow = checkout({ startMs: START + 73_000, slowness: 9, traceId: idOf('slow') });
  const odd = oddTrace();
  const of = (trace: TraceDraft, query = '') => `/trace/${trace.traceId}${query}`;
  const failure = spanNamed(failed, 'POST');
  const cart = spanNamed(failed, 'GET /cart');
  return {
    views: {
      list: '/',
      'list-searched': '/?query=db.system.name+%3D+postgresql+%26%26+duration+%3E+10ms&sort=slowest',
      'list-nothing': '/?query=nowhere-to-be-found',
      'list-flaw': '/?query=duration+%3E+%3E+3',
      trace: of(failed),
      'trace-details': of(failed, `?span=${failure.spanId}&critical=1&logs=1`),
      'trace-search': of(failed, '?query=db.system.name+%3D+postgresql'),
      'trace-focus': of(failed, `?focus=${cart.spanId}&open=${spanNamed(failed, 'SELECT prices').spanId}`),
      'trace-flame': of(slow, '?view=flame'),
      'trace-odd': of(odd, `?span=${odd.spans[0]?.spanId}`),
      'trace-none': `/trace/${idOf('none')}`,
      latency: '/latency',
      'latency-selected': '/latency?minDuration=316227766',
      'latency-checkouts': '/latency?query=name+%3D+%22POST+%2Fcheckout%22&minDuration=316227766',
      'latency-nothing': '/latency?query=nowhere-to-be-found',
      map: '/map',
      'map-chosen': '/map?node=payments',
      compare: '/compare',
      'compare-traces': `/compare?before=${failed.traceId}&after=${slow.traceId}`,
      'compare-runs': '/compare?of=runs',
      nowhere: '/nowhere',
    },
    send: async (url) => {
      for (let index = 0; index < 40; index++) await send(url, usual(index).spans);
      await fetch(`${url}/api/viewer/runs`, { method: 'POST' });
      for (let index = 40; index < 70; index++) await send(url, usual(index, 1.6).spans);
      for (const { spans } of [failed, slow, odd]) await send(url, spans);
      await sendLog(url, cart, 'cart of 12 items', 9);
      await sendLog(url, spanNamed(failed, 'POST /payments'), 'card declined by the bank, not tried again', 17);
    },
  };
}

function usual(index: number, slowness = 1): TraceDraft {
  const startMs = START + index * 1000;
  const traceId = idOf(`usual ${index}`);
  // Numbers that look like chance and are none.
  const spread = 1 + ((index * 7919) % 97) / 200;
  if (index % 4 === 1) return browse(startMs, 6 * spread, traceId);
  const isSlow = index % 13 === 5;
  return checkout({ startMs, slowness: isSlow ? 5 * spread : slowness * spread, isFailed: index % 17 === 11, traceId });
}

/** Names, keys and values that are longer than anybody expects, in a trace with flaws. */
function oddTrace(): TraceDraft {
  const trace = new TraceDraft(START + 74_000, idOf('odd'));
  const root = trace.add(undefined, `GET /reports/${'quarterly-'.repeat(12)}summary`, 0, 1840, {
    service: 'reporting-and-business-intelligence-gateway-eu-central',
    attributes: {
      'http.request.method': 'GET',
      'url.full': `https://reports.example/${'a-very-long-part/'.repeat(14)}?${'parameter=value&'.repeat(20)}`,
      'app.flags': ['beta', 'eu', 'internal'],
      'app.empty': '',
      [`app.${'deeply.nested.'.repeat(6)}key`]: 'مرحبا 你好 👋',
    },
  });
  let parent = root;
  for (let depth = 1; depth < 40; depth++) {
    parent = trace.add(
      parent,
      `layer ${depth}`,
      depth * 2,
      1800 - depth * 4,
      depth % 8 === 0 ? { service: `layer-${depth}` } : {},
    );
  }
  trace.add(parent, 'late', 1790, 400, { kind: 'producer' });
  trace.add({ ...root, spanId: 'ffffffffffffffff' }, 'left by a parent that never came', 20, 30);
  return trace;
}

function spanNamed({ spans }: TraceDraft, name: string): Span {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`There is no span ${name}.`);
  return found;
}

function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
