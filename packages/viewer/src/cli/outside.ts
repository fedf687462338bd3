/** What the command line works with of the process it runs in. */
export type Outside = {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** The width of the terminal, if there is one. */
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
};
