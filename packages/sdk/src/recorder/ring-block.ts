import type { SpanShapes } from './span-shapes.ts';

/** A part of the memory of a ring, to be written from its start to its end. */
export class RingBlock {
  readonly bytes: Buffer;
  /** The same memory. */
  readonly words: Int32Array;
  /** How many words were written. */
  length = 0;
  /** How many spans in it nobody has decided about. */
  held = 0;
  /** What times in it count from, in milliseconds since the epoch; `NaN` if there are none. */
  baseMillis = Number.NaN;
  /** What texts are known by that were written to it: never the same for two blocks, nor after `forgetTexts`. */
  epoch = 0;
  shapes: SpanShapes;

  /** @param size in bytes, a multiple of 4 */
  constructor(size: number, shapes: SpanShapes) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.words = new Int32Array(this.bytes.buffer);
    this.shapes = shapes;
  }

  /** Starts to use it, empty. */
  open(shapes: SpanShapes): void {
    this.shapes = shapes;
    this.length = 0;
    this.held = 0;
    this.baseMillis = Number.NaN;
    this.forgetTexts();
  }

  /** Lets nothing refer to texts any more that were written so far. */
  forgetTexts(): void {
    epochs += 1;
    this.epoch = epochs;
  }
}

let epochs = 0;
