import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Status } from '../../api/messages.ts';
import { TraceList } from '../traces/trace-list.tsx';
import { useAnswer } from './api.ts';
import { bytes, count } from './format.ts';
import { Icon } from './icon.tsx';
import { KeyHelp } from './key-help.tsx';
import { type Route, useRoute } from './route.ts';
import { type Theme, useTheme } from './theme.ts';

type View = ComponentType<{ readonly route: Route }>;

const VIEWS: readonly { readonly path: string; readonly label: string }[] = [
  { path: '/', label: 'Traces' },
  { path: '/latency', label: 'Latency' },
  { path: '/map', label: 'Services' },
  { path: '/compare', label: 'Compare' },
];
const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

/** What all views share: the bar above them, and which one is shown. */
export function Shell() {
  const route = useRoute();
  const [theme, setTheme] = useTheme();
  const status = useStatus(route.path);
  const isShown = (path: string) => (path === '/' ? route.path === '/' : route.path.startsWith(path));
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="bar">
        <a class="brand" href="/" aria-label="Throughline, all traces">
          <svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true">
            <path d="M2 5h15M5.5 10H14M8.5 15h5" stroke-width="2.6" stroke-linecap="round" />
          </svg>
          <span>Throughline</span>
        </a>
        <nav aria-label="Views">
          {VIEWS.map(({ path, label }) => (
            <a key={path} href={path} aria-current={isShown(path) ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <Stored status={status} />
        <div class="end">
          <KeyHelp />
          <button
            type="button"
            class="button plain icon"
            aria-label={`Theme: ${theme}. Change to ${NEXT_THEME[theme]}`}
            title={`Theme: ${theme}`}
            onClick={() => setTheme(NEXT_THEME[theme])}
          >
            <Icon name={THEME_ICONS[theme]} />
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {status?.store.damage !== undefined && (
          <p class="problem" role="status">
            {status.store.damage}
          </p>
        )}
        <Current route={route} />
      </main>
    </>
  );
}

function Current({ route }: { readonly route: Route }) {
  if (route.path === '/') return <TraceList route={route} />;
  if (route.path.startsWith('/trace/')) return <Later route={route} key="trace" load={trace} />;
  if (route.path.startsWith('/latency')) return <Later route={route} key="latency" load={latency} />;
  if (route.path.startsWith('/map')) return <Later route={route} key="map" load={map} />;
  if (route.path.startsWith('/compare')) return <Later route={route} key="compare" load={compare} />;
  return (
    <div class="nothing">
      <h1>There is nothing at this address</h1>
      <a href="/">All traces</a>
    </div>
  );
}

// Views come when they are first looked at.
const trace = async (): Promise<View> => (await import('../trace/trace-view.tsx')).TraceView;
const latency = async (): Promise<View> => (await import('../latency/latency-view.tsx')).LatencyView;
const map = async (): Promise<View> => (await import('../map/map-view.tsx')).MapView;
const compare = async (): Promise<View> => (await import('../compare/compare-view.tsx')).CompareView;

function Later({ route, load }: { readonly route: Route; readonly load: () => Promise<View> }) {
  const [view, setView] = useState<{ readonly View: View } | 'failed'>();
  useEffect(() => {
    load().then(
      (View) => setView({ View }),
      () => setView('failed'),
    );
  }, [load]);
  if (view === 'failed') return <p class="problem">This view could not be loaded. Is the viewer still running?</p>;
  return view === undefined ? null : <view.View route={route} />;
}

/** What there is, asked anew with each view. */
function useStatus(path: string): Status | undefined {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    void path;
    setVersion((before) => before + 1);
  }, [path]);
  return useAnswer<Status>('status', version).answer;
}

function Stored({ status }: { readonly status: Status | undefined }) {
  if (status === undefined) return <span class="stored" />;
  const { store, received } = status;
  const lost = received.rejected > 0 ? ` · ${count(received.rejected)} rejected` : '';
  return (
    <span class="stored" title={store.note ?? store.file ?? 'Kept in memory; gone when the viewer stops.'}>
      {count(store.traces)} traces · {count(store.spans)} spans · {bytes(store.bytes)}
      {lost}
    </span>
  );
}
