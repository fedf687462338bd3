const MAX_RANGES = 20;

/**
 * Whether an `Accept` header asks for OpenMetrics rather than for the text format. Prometheus names both, with weights; who
 * accepts anything, such as a browser, gets text.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('openmetrics')) return false;
  let openMetrics = 0;
  let text = 0;
  for (const range of accept.split(',', MAX_RANGES)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type === 'application/openmetrics-text') openMetrics = Math.max(openMetrics, weightOf(parameters));
    else if (type === 'text/plain') text = Math.max(text, weightOf(parameters));
  }
  return openMetrics > 0 && openMetrics >= text;
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const value = weight === undefined ? 1 : Number(weight.slice(2));
  return value >= 0 && value <= 1 ? value : 0;
}
