/** A text from outside in one line for people: without control characters, and not longer than this. */
export function shownText(text: string, limit: number): string {
  const line = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
