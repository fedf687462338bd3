/** The names whose value is true, as a `class`. */
export function classes(which: Readonly<Record<string, boolean>>): string {
  let text = '';
  for (const name in which) if (which[name] === true) text += ` ${name}`;
  return text.slice(1);
}
