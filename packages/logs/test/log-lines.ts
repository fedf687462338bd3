import { once } from 'node:events';
import { Writable } from 'node:stream';

/** A finished log line, parsed. */
export type Line = Record<string, unknown>;

/** A stream to log to that keeps every line. */
export class LogLines extends Writable {
  readonly lines: Line[] = [];
  /** The lines as they were written. */
  readonly raw: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const text of chunk.toString().split('\n').filter(Boolean)) {
      this.raw.push(text);
      const line = JSON.parse(text) as Line;
      this.lines.push(line);
      this.emit('line', line);
    }
    done();
  }

  /** The only line so far. */
  get only(): Line {
    if (this.lines.length !== 1) throw new Error(`Expected one line, got ${this.lines.length}.`);
    return this.lines[0] as Line;
  }

  /** The first line that is like that, now or when it comes. */
  async until(wanted: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const line = this.lines.find(wanted);
      if (line !== undefined) return line;
      await once(this, 'line');
    }
  }
}
