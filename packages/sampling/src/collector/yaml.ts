/** What a configuration is made of. */
export type Yaml = string | number | boolean | null | readonly Yaml[] | { readonly [key: string]: Yaml };

const PLAIN = /^[A-Za-z_][\w./ -]*$/;
const CONTROL = /[^ -~\u00a0-\ud7ff\ue000-\ufffd]/;
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** Writes YAML for the Collector in block style, with scalars as JSON writes them, or plain where nothing else can be meant. */
export function writeYaml(value: Yaml, indent = ''): string {
  if (Array.isArray(value))
    return (value as readonly Yaml[]).map((item) => `${indent}- ${nested(item, `${indent}  `).trimStart()}`).join('');
  if (typeof value !== 'object' || value === null)
    return `${indent}${scalar(value as string | number | boolean | null)}\n`;
  return Object.entries(value as { readonly [key: string]: Yaml })
    .map(([key, item]) => {
      if (!isCollection(item)) return `${indent}${scalar(key)}: ${scalar(item)}\n`;
      return isEmpty(item)
        ? `${indent}${scalar(key)}:\n`
        : `${indent}${scalar(key)}:\n${writeYaml(item, `${indent}  `)}`;
    })
    .join('');
}

function nested(item: Yaml, indent: string): string {
  return isCollection(item) ? writeYaml(item, indent) : `${scalar(item)}\n`;
}

function isCollection(value: Yaml): value is readonly Yaml[] | { readonly [key: string]: Yaml } {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: readonly Yaml[] | { readonly [key: string]: Yaml }): boolean {
  return Object.keys(value).length === 0;
}

function scalar(value: string | number | boolean | null): string {
  const plain = typeof value !== 'string' || (PLAIN.test(value) && !value.endsWith(' ') && !WORDS.test(value));
  if (plain) return String(value);
  // The Collector reads `${name}` as a variable of the environment and `$$` as one `$`.
  const text = String(value).replaceAll('$', '$$$$');
  return /[\\"]/.test(text) && !CONTROL.test(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}
