/** Readable on light and on dark pages: whoever shows the picture says which it is. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .small { font-size: 12px; fill: #59636e; }
  .title { font-weight: 600; }
  .axis { stroke: #818b98; stroke-width: 1; }
  .grid { stroke: #818b98; stroke-opacity: .25; }
  .gone { fill: #818b98; fill-opacity: .35; }
  .kept { fill: #0969da; } .line { stroke: #0969da; fill: none; stroke-width: 2; }
  .error { fill: #cf222e; } .slow { fill: #b75c00; } .other { stroke: #b75c00; fill: none; stroke-width: 2; }
  .bad { fill: #cf222e; } .part { fill: #b75c00; } .good { fill: #1a7f37; }
  .gone.error, .gone.slow { fill-opacity: .3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .small { fill: #9198a1; }
    .axis, .grid { stroke: #9198a1; } .gone { fill: #9198a1; }
    .kept { fill: #58a6ff; } .line { stroke: #58a6ff; }
    .error, .bad { fill: #ff6a69; } .slow, .part { fill: #e3a13c; } .other { stroke: #e3a13c; } .good { fill: #3fb950; }
  }`;

/** @param {number} width @param {number} height @param {string} description What somebody is told who does not see it. @param {readonly string[]} shapes */
export function picture(width, height, description, shapes) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(description)}">
<title>${escaped(description)}</title>
<style>${STYLE}
</style>
${shapes.join('\n')}
</svg>
`;
}

/** @param {number} x @param {number} y @param {string} content @param {string} [type] @param {'start' | 'middle' | 'end'} [anchor] */
export function text(x, y, content, type = '', anchor = 'start') {
  return `<text x="${round(x)}" y="${round(y)}" class="${type}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} type */
export function box(x, y, width, height, type) {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" class="${type}"/>`;
}

/** @param {readonly (readonly [x: number, y: number])[]} points @param {string} type */
export function path(points, type) {
  return `<polyline points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}" class="${type}"/>`;
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10;
}

/** @param {string} content */
function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
