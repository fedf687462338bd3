// What a project tests: a function with a span, in CommonJS.
const { withSpan } = require('@throughline/core');

exports.price = (items) => withSpan('price basket', () => items.length * 3);
