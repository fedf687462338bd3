/** Says why data cannot be read as the format they were given for, and what was expected instead. */
export class TraceFormatError extends Error {
  override name = 'TraceFormatError';

  constructor(message: string) {
    super(`[analysis] ${message}`);
  }
}
