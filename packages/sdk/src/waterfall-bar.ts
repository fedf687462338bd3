/** Draws the stretch between two points of a line of cells, in eighths of a cell; never less than a sliver. */
export function drawBar(from: number, to: number, cells: number): string {
  const start = Math.min(Math.max(0, from), cells - 1 / 8);
  const end = Math.min(Math.max(to, start + 1 / 8), cells);
  const first = Math.floor(start);
  const last = Math.floor(end);
  if (first === last) return ' '.repeat(first) + LEFT_PARTS[Math.max(1, Math.round((end - start) * 8))];
  const offset = start - first;
  // Of blocks that fill a cell from the right, Unicode has but the half and the eighth.
  const head = offset < 0.25 ? '█' : offset < 0.75 ? '▐' : '▕';
  return ' '.repeat(first) + head + '█'.repeat(last - first - 1) + LEFT_PARTS[Math.round((end - last) * 8)];
}

const LEFT_PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
