/** Says that a collector took a batch but for some of its spans. */
export class RejectedSpans extends Error {
  readonly spans: number;

  constructor(spans: number, message = 'no reason given') {
    super(`the collector rejected spans: ${message.slice(0, 200)}`);
    this.spans = spans;
  }
}
