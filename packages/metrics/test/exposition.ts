/** One line of an exposition. */
export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: Readonly<Record<string, string>> | undefined;
};

/** Reads an exposition in the text format or in OpenMetrics. */
export function samplesOf(exposition: string): Sample[] {
  return exposition
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value, exemplar] =
        /^(\w+)(?:\{(.*?)\})? (\S+)(?: # \{(.*?)\} \S+ \S+)?$/.exec(line) ?? [];
      return {
        name,
        labels: pairsOf(labels),
        value: Number(value),
        exemplar: exemplar === undefined ? undefined : pairsOf(exemplar),
      };
    });
}

function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
}
