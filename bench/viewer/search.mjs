import { randomFrom } from './traffic.mjs';

/** What people look for; `{n}` becomes another number each time. */
const SEARCHES = [
  ['the latest', ''],
  ['a service', '{ resource.service.name = "payment" }'],
  ['failures of a service', '{ resource.service.name = "payment" && status = error }'],
  ['slow requests', '{ name = "POST /checkout" && duration > 900ms }'],
  ['a name by a pattern', '{ name =~ "GET /products.*" && status = error }'],
  ['a status code', '{ span.http.response.status_code >= 500 }'],
  ['what two services did', '{ resource.service.name = "mail" && status = error } && { name = "POST /checkout" }'],
  ['traces by their root', '{ trace:rootName = "POST /checkout" && trace:duration > 500ms }'],
  ['a user', '{ span.user.id = "u{n}" }'],
  ['a word', 'u{n}'],
  ['a word that is nowhere', 'nobody{n}'],
  ['the slowest', '', 'slowest'],
  ['an hour of a service', '{ resource.service.name = "orders" }', 'latest', 'hour'],
];

/** Milliseconds that a viewer takes to answer, kind by kind, and the time of the processor for each. */
export async function measureSearches(viewer, { traceIds, startMs, endMs, rounds }) {
  const rows = [];
  const random = randomFrom(7);
  const byId = await times(viewer, traceIds, (id) => `traces/${id}`);
  for (const [title, query, sort = 'latest', window] of SEARCHES) {
    const asked = Array.from({ length: rounds }, () => {
      const text = encodeURIComponent(query.replaceAll('{n}', String(Math.floor(random() * 1_000_000))));
      const from = startMs + random() * Math.max(0, endMs - startMs - 3_600_000);
      const within = window === undefined ? '' : `&fromMs=${Math.round(from)}&toMs=${Math.round(from + 3_600_000)}`;
      return `traces?query=${text}&sort=${sort}&limit=50${within}`;
    });
    rows.push({ title, query, ...(await times(viewer, asked, (path) => path)) });
  }
  const all = rows.flatMap(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return { byId: summary(byId), searches: { ...quantiles(all) }, rows: rows.map(summary) };
}

async function times(viewer, items, pathOf) {
  await viewer.ask(pathOf(items[0]));
  const milliseconds = [];
  let found = 0;
  await viewer.figures('reset');
  for (const item of items) {
    const began = performance.now();
    const answer = await viewer.ask(pathOf(item));
    milliseconds.push(performance.now() - began);
    found = Math.max(found, answer.traces?.length ?? answer.length);
  }
  const { cpuSeconds } = await viewer.figures();
  return { milliseconds: milliseconds.sort((a, b) => a - b), found, cpu: (cpuSeconds * 1000) / items.length };
}

function summary({ milliseconds, ...rest }) {
  return { ...rest, ...quantiles(milliseconds) };
}

function quantiles(sorted) {
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), most: sorted.at(-1) };
}
