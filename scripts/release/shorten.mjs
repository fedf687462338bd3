import { minify } from 'terser';

/**
 * The same code with less text: no comments, short names of local variables. Functions, classes and methods keep their names,
 * and each function stays where it is.
 *
 * @param {string} code @param {boolean} module whether it is an ES module @returns {Promise<string>}
 */
export async function shortened(code, module) {
  const names = { keep_fnames: true, keep_classnames: true };
  const result = await minify(code, {
    module,
    ecma: 2020,
    compress: {
      ...names,
      passes: 2,
      // Functions of more than a line stay: terser puts what comes of them into `import()` without the parentheses that make it
      // one argument, and the import fails.
      inline: 1,
      // A function that is called in one place would move there, and be made anew by each call: a kilobyte for each span.
      reduce_vars: false,
    },
    mangle: names,
    format: { max_line_len: 120, comments: false, preserve_annotations: true },
  });
  return `${result.code}\n`;
}
