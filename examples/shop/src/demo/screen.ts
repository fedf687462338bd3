import type { WriteStream } from 'node:tty';
import type { Surface } from './view.ts';

/** A place where the state of the run is drawn again and again. */
export type Screen = {
  readonly surface: () => Surface;
  /** Leaves the terminal as it was. */
  close(): void;
};

const REDRAW_MS = 500;
const PRINT_MS = 5000;
const WIDTH_WITHOUT_TERMINAL = 120;
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/**
 * Draws twice a second in place on a terminal, on its alternate screen. Where there is no terminal, such as in CI, prints
 * a block every five seconds.
 */
export function openScreen(
  output: WriteStream,
  live: (surface: Surface) => string,
  block: (surface: Surface) => string,
): Screen {
  const surface = (): Surface => surfaceOf(output);
  if (!output.isTTY) {
    const timer = setInterval(() => output.write(`${block(surface())}\n\n`), PRINT_MS);
    return { surface, close: () => clearInterval(timer) };
  }
  const draw = (): void => {
    // Each line clears its own rest, so nothing flickers.
    const text = live(surface()).replaceAll('\n', '\u001b[K\n');
    output.write(`\u001b[H${text}\u001b[K\u001b[J`);
  };
  output.write(ENTER);
  draw();
  const timer = setInterval(draw, REDRAW_MS);
  output.on('resize', draw);
  const restore = (): void => void output.write(LEAVE);
  process.once('exit', restore);
  return {
    surface,
    close() {
      clearInterval(timer);
      output.off('resize', draw);
      process.off('exit', restore);
      restore();
    },
  };
}

/** How much room there is, and whether colour is wanted: on a terminal, unless `NO_COLOR` is set. */
export function surfaceOf(output: WriteStream): Surface {
  return {
    columns: output.columns ?? WIDTH_WITHOUT_TERMINAL,
    rows: output.rows ?? 40,
    color: output.isTTY === true && !process.env.NO_COLOR,
  };
}
