/** What the command line ends with. */
export const EXIT = {
  ok: 0,
  /** Nothing was found, or a source could not be read. */
  failed: 1,
  /** It was not called as it should be. */
  usage: 2,
} as const;

/** A call of the command line that makes no sense; its message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something that was looked for and is not there. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}
