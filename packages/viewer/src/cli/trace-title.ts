import type { Trace } from '@throughline/analysis';
import { countText, durationText, momentText } from './figures.ts';
import { safeText } from './safe-text.ts';
import type { Style } from './style.ts';

const MOST_WARNINGS = 10;

/** What stands above everything about one trace. */
export function titleLines(trace: Trace, style: Style): string[] {
  const root = trace.roots[0]?.span;
  const services = new Set(trace.spans.map(({ span }) => span.resource.service));
  const errors = trace.spans.filter(({ span }) => span.status === 'error').length;
  const facts = [
    durationText(trace.duration),
    countText(trace.spans.length, 'span'),
    countText(services.size, 'service'),
    ...(errors === 0 ? [] : [style.error(countText(errors, 'error'))]),
    momentText(trace.startUnixNano),
  ];
  return [
    `${style.bold(safeText(root?.name ?? ''))} ${serviceText(root?.resource.service ?? '', style)}`,
    `${style.dim(trace.traceId)}  ${facts.join(style.dim(' · '))}`,
  ];
}

/** What was wrong with a trace. */
export function warningLines({ warnings }: Trace, style: Style): string[] {
  if (warnings.length === 0) return [];
  const shown = warnings.slice(0, MOST_WARNINGS).map(({ message }) => style.dim(`! ${safeText(message)}`));
  const left = warnings.length - shown.length;
  return ['', ...shown, ...(left > 0 ? [style.dim(`! and ${left} more`)] : [])];
}

/** The name of a service in its colour. */
export function serviceText(service: string, style: Style): string {
  return style.named(service, safeText(service === '' ? '(no service)' : service));
}
