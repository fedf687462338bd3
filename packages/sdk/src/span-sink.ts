/** Where spans end up: a processor of the SDK's, or our own export. */
export type SpanSink = {
  /** How many spans wait or are on their way. */
  readonly pending?: number;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
  /** Gives up on the spans that wait. */
  discard?(): void;
};
